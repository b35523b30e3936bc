import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { anonymousCaller, type Caller, type Scope } from '../../domain/caller.js';
import { parseGoTime } from './go-time.js';
import { MetalFault } from './metal-fault.js';

/** The first word of an Authorization header that is signed, and what it allows. */
const scopes = {
  'Metal-View': 'metal.view',
  'Metal-Edit': 'metal.edit',
  'Metal-Admin': 'metal.admin',
} as const satisfies Record<string, Scope>;
export type HmacType = keyof typeof scopes;

interface HmacKey {
  readonly key: string;
  /** How old a signature may be; 0 for any age. */
  readonly lifetimeSeconds: number;
}

/** The keys that signatures are made with; a type without one is not known here. */
export type HmacKeys = Readonly<Partial<Record<HmacType, HmacKey>>>;

interface SignedRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Who signed a request; null for one whose Authorization is of another type, or absent: "unknown type falls through to the next
 * authenticator".
 * @throws {MetalFault} 403 for a signature that is wrong or too old.
 */
export const callerOfHmac = ({ method, headers }: SignedRequest, keys: HmacKeys, now: Date): Caller | null => {
  // "Authorization must split on single spaces into exactly 2 parts"
  const [type = '', signature = '', ...others] = (headers.authorization ?? '').split(' ');
  const hmacKey = isHmacType(type) ? keys[type] : undefined;
  if (!isHmacType(type) || !hmacKey || signature === '' || others.length > 0) return null;
  const date = signedDate(String(headers['x-date'] ?? ''), hmacKey, now);
  const salt = String(headers['x-data-salt'] ?? '');
  if (!isSame(signature, sign(hmacKey.key, date, method, salt))) throw new MetalFault(403, 'Wrong HMAC found');
  return { ...anonymousCaller, scopes: new Set([scopes[type]]) };
};

const isHmacType = (text: string): text is HmacType => Object.hasOwn(scopes, text);

/** "Older than its lifetime → refused; 0 = unlimited; a future date is accepted." */
const signedDate = (text: string, { lifetimeSeconds }: HmacKey, now: Date): Date => {
  const date = parseGoTime(text);
  const quoted = JSON.stringify(text);
  if ('fault' in date) {
    throw new MetalFault(403, `unknown timestamp ${quoted} in "X-Date" header, use RFC3339: ${date.fault}`);
  }
  if (lifetimeSeconds > 0 && now.getTime() - date.getTime() > lifetimeSeconds * 1_000) {
    throw new MetalFault(
      403,
      `the timestamp in your header is too old: ${quoted}, please check if you have time synchronization activated`,
    );
  }
  return date;
};

/** "Lower-case HMAC-SHA256(key, xdate ‖ METHOD ‖ salt), xdate re-formatted by the server to UTC RFC3339 seconds." */
const sign = (key: string, date: Date, method: string, salt: string): string =>
  createHmac('sha256', key)
    .update(`${date.toISOString().slice(0, 19)}Z${method}`)
    .update(salt, 'latin1')
    .digest('hex');

/** In a time that tells nothing of where they differ. */
const isSame = (given: string, expected: string): boolean => {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
};
