import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AccountId, Branded } from '../images/image.js';
import { type ApiKeyId, apiKeyIdLength } from './api-key.js';
import type { Scope } from './scope.js';

/** `keyId.claims.signature`, the claims in base64url; `-` instead of the key id if the server requires no key. */
export type Token = Branded<'Token'>;

/** An access token is sent with requests; a refresh token is good for new access tokens only. */
export type TokenKind = 'access' | 'refresh';

/** What a token says. Tokens are not stored: what they say is true because of the signature. */
export interface TokenClaims {
  readonly kind: TokenKind;
  /** The tokens that came from one another share it, and are revoked together. */
  readonly grantId: string;
  readonly accountId: AccountId | null;
  readonly scopes: readonly Scope[];
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export const accessTokenSeconds = 60 * 60;
export const refreshTokenSeconds = 30 * 24 * 60 * 60;

const noKey = '-';
const tokenPattern = new RegExp(`^(?:[A-Za-z0-9]{${apiKeyIdLength}}|${noKey})\\.[\\w-]{20,2000}\\.[\\w-]{43}$`);

export const asToken = (text: string): Token | undefined => (tokenPattern.test(text) ? (text as Token) : undefined);

export const keyIdOf = (token: Token): ApiKeyId | null => {
  const [id = noKey] = token.split('.');
  return id === noKey ? null : (id as ApiKeyId);
};

/** @param secret What only the server knows of the key. */
export const signToken = (keyId: ApiKeyId | null, claims: TokenClaims, secret: Buffer): Token => {
  const signed = `${keyId ?? noKey}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${signed}.${signatureOf(signed, secret).toString('base64url')}` as Token;
};

/** What the token says, or null where the secret did not sign it. */
export const verifyToken = (token: Token, secret: Buffer): TokenClaims | null => {
  const end = token.lastIndexOf('.');
  const signed = token.slice(0, end);
  // compared as text: the last character has bits to spare, with which four texts would decode to the same signature
  const signature = Buffer.from(token.slice(end + 1));
  const expected = Buffer.from(signatureOf(signed, secret).toString('base64url'));
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return null;
  return JSON.parse(Buffer.from(signed.slice(signed.indexOf('.') + 1), 'base64url').toString()) as TokenClaims;
};

const signatureOf = (text: string, secret: Buffer): Buffer =>
  createHmac('sha256', secret).update(`access token ${text}`).digest();
