import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import type { AccountId, Branded } from '../images/image.js';
import { type ApiKeyId, asApiKeyId } from './api-key.js';
import type { Scope } from './scope.js';

/** A JWT (RFC 7519) signed by HMAC-SHA256. `kid` in its header is the id of the key, absent if the server requires no key. */
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
}

export const accessTokenSeconds = 60 * 60;
export const refreshTokenSeconds = 30 * 24 * 60 * 60;

const algorithm = 'HS256';

/** The last character of a signature has two bits to spare: only those that are written with zeros are accepted, so that one token has one form. */
const tokenPattern = /^[\w-]{20,200}\.[\w-]{20,2000}\.[\w-]{42}[AEIMQUYcgkosw048]$/;

/** The id in the header of a token, null if it names none, undefined if it is not the header of a token. */
const keyIdIn = (text: string): ApiKeyId | null | undefined => {
  try {
    const { kid = null } = decodeProtectedHeader(text);
    return kid === null ? null : asApiKeyId(kid);
  } catch {
    return undefined;
  }
};

export const asToken = (text: string): Token | undefined =>
  tokenPattern.test(text) && keyIdIn(text) !== undefined ? (text as Token) : undefined;

export const keyIdOf = (token: Token): ApiKeyId | null => keyIdIn(token) ?? null;

/** @param secret What only the server knows of the key. */
export const signToken = async (
  keyId: ApiKeyId | null,
  claims: TokenClaims,
  expiresOn: Date,
  secret: Buffer,
): Promise<Token> =>
  (await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: algorithm, ...(keyId ? { kid: keyId } : {}) })
    .setExpirationTime(expiresOn)
    .sign(secret)) as Token;

/** What the token says, or null if the secret did not sign it or it has expired. */
export const verifyToken = async (token: Token, secret: Buffer, now: Date): Promise<TokenClaims | null> => {
  try {
    const { payload } = await jwtVerify<TokenClaims>(token, secret, {
      algorithms: [algorithm],
      currentDate: now,
      requiredClaims: ['exp'],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
};
