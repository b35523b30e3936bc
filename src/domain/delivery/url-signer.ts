import { createHmac, timingSafeEqual } from 'node:crypto';
import { ForbiddenError, InvalidInputError } from '../errors.js';

/** The shortest accepted key in characters. */
export const signingKeyLength = 32;

/**
 * Signs paths with their queries. A signature is the last parameter of a query: `sig`, the HMAC-SHA256 of everything before it in
 * base64url. What was signed is compared as text, so another order, case or escape of the same request has no valid signature.
 */
export class UrlSigner {
  /** @param keys The first one signs. All of them verify, so that a key can be replaced while URLs signed by it are in use. */
  constructor(private readonly keys: readonly [string, ...string[]]) {}

  sign(target: string): string {
    return signedBy(this.keys[0], target);
  }

  /**
   * A signed target without its signature and its expiry; undefined if it has no valid signature. How long that takes depends on the
   * length of the target alone.
   * @throws {ForbiddenError} if it has expired. {@link InvalidInputError} if its expiry is malformed.
   */
  open(target: string, now: Date): OpenedTarget | undefined {
    const signed = target.slice(0, -signatureLength);
    // every key is compared, whichever is the right one
    const matches = this.keys.filter((key) => isEqual(signedBy(key, signed), target));
    if (matches.length === 0) return undefined;
    const opened = splitExpiry(signed);
    if (opened.expiresOn && opened.expiresOn <= now)
      throw new ForbiddenError('This URL has expired. Request a new one.');
    return opened;
  }
}

interface OpenedTarget {
  readonly target: string;
  /** When the URL stops working; null for never. */
  readonly expiresOn: Date | null;
}

/** The one error of a URL that has to be signed and has no valid signature, whatever is wrong with it. */
export const invalidSignature = (): ForbiddenError =>
  new ForbiddenError('This URL is not signed, or was changed after it was signed. Use it exactly as it was issued.');

/** Whether a URL has a signature, valid or not. */
export const isSigned = (target: string): boolean => /[?&]sig=/.test(target);

/** Of `?sig=` or `&sig=` with the 43 characters behind it. */
const signatureLength = 48;

const signedBy = (key: string, target: string): string =>
  `${target}${target.includes('?') ? '&' : '?'}sig=${createHmac('sha256', key).update(target).digest('base64url')}`;

const isEqual = (a: string, b: string): boolean => {
  const [bytesA, bytesB] = [Buffer.from(a), Buffer.from(b)];
  return bytesA.length === bytesB.length && timingSafeEqual(bytesA, bytesB);
};

/** The parameter `exp`, in twelve digits at most, which reach beyond the year 30,000. */
const splitExpiry = (signed: string): OpenedTarget => {
  const [path = '', query = ''] = signed.split(/\?(.*)/s);
  const parts = query.split('&');
  const [expiry, ...repeated] = parts.filter((part) => part.startsWith('exp='));
  if (expiry === undefined) return { target: signed, expiresOn: null };
  const [, seconds] = /^exp=(\d{1,12})$/.exec(expiry) ?? [];
  if (seconds === undefined || repeated.length > 0) {
    throw InvalidInputError.at(['exp'], 'must be given once, in whole seconds since 1970-01-01T00:00:00Z.');
  }
  const rest = parts.filter((part) => part !== expiry).join('&');
  return { target: rest === '' ? path : `${path}?${rest}`, expiresOn: new Date(1000 * Number(seconds)) };
};
