import { createHmac, timingSafeEqual } from 'node:crypto';

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
   * The target without its signature; undefined if it has none, or not a valid one. How long that takes depends on the length of the
   * target alone.
   */
  verified(target: string): string | undefined {
    const signed = target.slice(0, -signatureLength);
    // every key is compared, whichever is the right one
    const matches = this.keys.filter((key) => isEqual(signedBy(key, signed), target));
    return matches.length > 0 ? signed : undefined;
  }
}

/** Of `?sig=` or `&sig=` with the 43 characters behind it. */
const signatureLength = 48;

const signedBy = (key: string, target: string): string =>
  `${target}${target.includes('?') ? '&' : '?'}sig=${createHmac('sha256', key).update(target).digest('base64url')}`;

const isEqual = (a: string, b: string): boolean => {
  const [bytesA, bytesB] = [Buffer.from(a), Buffer.from(b)];
  return bytesA.length === bytesB.length && timingSafeEqual(bytesA, bytesB);
};
