import type { State } from '../ports.js';
import { keyIdOf, type Token, type TokenClaims, verifyToken } from './access-token.js';
import type { ApiKeyId } from './api-key.js';

export interface TokenDependencies {
  readonly state: State;
  readonly now: () => Date;
  readonly newGrantId: () => string;
  /** Signs the tokens of a server that asks for no key; random bytes of this process. */
  readonly openSecret: Buffer;
}

/**
 * What signs the tokens of a key: the hash of its secret, so that they are worth nothing once the key is revoked. Null for a key that is
 * unknown or revoked.
 */
export const signingSecret = async (
  { state, openSecret }: TokenDependencies,
  keyId: ApiKeyId | null,
): Promise<Buffer | null> => {
  if (keyId === null) return openSecret;
  const key = await state.read.keys.find(keyId);
  return key && !key.revokedOn ? Buffer.from(key.secretHash, 'hex') : null;
};

/** What a token says, or null where it is forged, expired or revoked, or its key is. */
export const readToken = async (dependencies: TokenDependencies, token: Token): Promise<TokenClaims | null> => {
  const secret = await signingSecret(dependencies, keyIdOf(token));
  const claims = secret && verifyToken(token, secret);
  if (!claims || claims.expiresAt <= dependencies.now().getTime()) return null;
  return (await dependencies.state.read.grants.isRevoked(claims.grantId)) ? null : claims;
};
