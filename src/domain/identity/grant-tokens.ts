import { InvalidInputError, UnauthenticatedError } from '../errors.js';
import type { AccountId } from '../images/image.js';
import {
  accessTokenSeconds,
  keyIdOf,
  refreshTokenSeconds,
  signToken,
  type Token,
  type TokenClaims,
  type TokenKind,
} from './access-token.js';
import type { ApiKeyId } from './api-key.js';
import { type Caller, effectiveScopes, isAnonymous, seesAccount } from './caller.js';
import type { Scope } from './scope.js';
import { readToken, signingSecret, type TokenDependencies } from './token-dependencies.js';

export interface GrantedTokens {
  readonly accessToken: Token;
  readonly refreshToken: Token;
  readonly expiresInSeconds: number;
  /** What they allow, which may be less than was asked for. */
  readonly accountId: AccountId | null;
  readonly scopes: readonly Scope[];
}

/**
 * Gives a key tokens that allow part of what it allows itself: those of the scopes that it has, in one account where one is named.
 * @throws {UnauthenticatedError} without a key. {@link InvalidInputError} where nothing is left of the scopes.
 */
export const grantTokens =
  (dependencies: TokenDependencies) =>
  async (caller: Caller, asked: { accountId?: AccountId | undefined; scopes: readonly Scope[] }) => {
    if (isAnonymous(caller))
      throw new UnauthenticatedError('Tokens are given to keys: send the id and the secret of one.');
    const held = effectiveScopes(caller).filter((scope) => asked.scopes.includes(scope));
    if (held.length === 0 || (asked.accountId && !seesAccount(caller, asked.accountId))) {
      throw InvalidInputError.at(['scope'], 'The key has none of the scopes that are asked for.');
    }
    const grantId = dependencies.newGrantId();
    return issue(dependencies, caller.keyId, { grantId, accountId: asked.accountId ?? caller.accountId, scopes: held });
  };

/** New tokens of the same grant, or null where the refresh token is not good or another key's. */
export const refreshTokens =
  (dependencies: TokenDependencies) =>
  async (caller: Caller, token: Token): Promise<GrantedTokens | null> => {
    if (isAnonymous(caller)) throw new UnauthenticatedError('A refresh needs the key that the token was given to.');
    const claims = await readToken(dependencies, token);
    if (claims?.kind !== 'refresh' || keyIdOf(token) !== caller.keyId) return null;
    return issue(dependencies, caller.keyId, claims);
  };

const issue = async (
  dependencies: TokenDependencies,
  keyId: ApiKeyId | null,
  { grantId, accountId, scopes }: Pick<TokenClaims, 'grantId' | 'accountId' | 'scopes'>,
): Promise<GrantedTokens> => {
  const secret = await signingSecret(dependencies, keyId);
  if (!secret) throw new UnauthenticatedError('The key is revoked.');
  const nowMs = dependencies.now().getTime();
  const sign = (kind: TokenKind, seconds: number): Token =>
    signToken(keyId, { kind, grantId, accountId, scopes, expiresAt: nowMs + seconds * 1000 }, secret);
  return {
    accessToken: sign('access', accessTokenSeconds),
    refreshToken: sign('refresh', refreshTokenSeconds),
    expiresInSeconds: accessTokenSeconds,
    accountId,
    scopes,
  };
};
