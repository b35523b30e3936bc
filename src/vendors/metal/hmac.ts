import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { anonymousCaller, type Caller } from '../../domain/identity/caller.js';
import type { Scope } from '../../domain/identity/scope.js';
import { parseGoTime } from './go-time.js';
import { MetalFault } from './metal-fault.js';

/** The first word of a signed request's Authorization header, and what it allows. */
const scopes = {
  'Metal-View': 'metal.view',
  'Metal-Edit': 'metal.edit',
  'Metal-Admin': 'metal.admin',
} as const satisfies Record<string, Scope>;
export type HmacType = keyof typeof scopes;

interface HmacKey {
  readonly key: string;
  /** How old a signature may be; 0 for any age. A date in the future is refused in either case. */
  readonly lifetimeSeconds: number;
}

/** The keys of the signatures; a type without a key is off. */
export type HmacKeys = Readonly<Partial<Record<HmacType, HmacKey>>>;

interface Clock {
  readonly now: Date;
  /** How far the client's clock may be ahead. */
  readonly skewSeconds: number;
}

interface SignedRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Who signed a request; null if its Authorization has another type or is missing: "unknown type falls through to the next
 * authenticator".
 * @throws {MetalFault} 403 for a signature that is wrong, too old, or dated in the future.
 */
export const callerOfHmac = ({ method, headers }: SignedRequest, keys: HmacKeys, clock: Clock): Caller | null => {
  // "Authorization must split on single spaces into exactly 2 parts"
  const [type = '', signature = '', ...others] = (headers.authorization ?? '').split(' ');
  const hmacKey = isHmacType(type) ? keys[type] : undefined;
  if (!isHmacType(type) || !hmacKey || signature === '' || others.length > 0) return null;
  const date = signedDate(String(headers['x-date'] ?? ''), hmacKey, clock);
  const salt = String(headers['x-data-salt'] ?? '');
  if (!isSame(signature, sign(hmacKey.key, date, method, salt))) throw new MetalFault(403, 'Wrong HMAC found');
  return { ...anonymousCaller, scopes: new Set([scopes[type]]) };
};

const isHmacType = (text: string): text is HmacType => Object.hasOwn(scopes, text);

/**
 * "Older than its lifetime → refused; 0 = unlimited; a future date is accepted." The last is not done here: path and body are not
 * signed, so a signature dated 2099 would be a password for life.
 */
const signedDate = (text: string, { lifetimeSeconds }: HmacKey, { now, skewSeconds }: Clock): Date => {
  const date = parseGoTime(text);
  const quoted = JSON.stringify(text);
  if ('fault' in date) {
    throw new MetalFault(403, `unknown timestamp ${quoted} in "X-Date" header, use RFC3339: ${date.fault}`);
  }
  const refuse = (why: string): never => {
    throw new MetalFault(
      403,
      `the timestamp in your header is ${why}: ${quoted}, please check if you have time synchronization activated`,
    );
  };
  const ageMs = now.getTime() - date.getTime();
  if (lifetimeSeconds > 0 && ageMs > lifetimeSeconds * 1_000) refuse('too old');
  if (ageMs < -skewSeconds * 1_000) refuse(`more than ${skewSeconds} seconds in the future`);
  return date;
};

/** "Lower-case HMAC-SHA256(key, xdate ‖ METHOD ‖ salt), xdate re-formatted by the server to UTC RFC3339 seconds." */
const sign = (key: string, date: Date, method: string, salt: string): string =>
  createHmac('sha256', key)
    .update(`${date.toISOString().slice(0, 19)}Z${method}`)
    .update(salt, 'latin1')
    .digest('hex');

/** In constant time, so that nothing can be learnt of where they differ. */
const isSame = (given: string, expected: string): boolean => {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
};
