import { InvalidInputError, UnauthenticatedError } from '../errors.js';
import type { AccountId } from '../images/image.js';
import type { State } from '../ports.js';
import {
  accessTokenSeconds,
  keyIdOf,
  refreshTokenSeconds,
  signToken,
  type Token,
  type TokenClaims,
  type TokenKind,
  verifyToken,
} from './access-token.js';
import type { ApiKeyId } from './api-key.js';
import { type Caller, callerOf, effectiveScopes, isAnonymous, openCaller, seesAccount } from './caller.js';
import type { Scope } from './scope.js';

/** All that can be done with tokens, for transports that hand them out. */
export const createTokenService = (dependencies: TokenDependencies) => ({
  grant: grantTokens(dependencies),
  refresh: refreshTokens(dependencies),
  revoke: revokeToken(dependencies),
});

export type TokenService = ReturnType<typeof createTokenService>;

export interface TokenDependencies {
  readonly state: State;
  readonly now: () => Date;
  readonly newGrantId: () => string;
  /** Signs the tokens of a server that requires no key; random bytes of this process. */
  readonly openSecret: Buffer;
}

interface Signer {
  readonly secret: Buffer;
  /** What its tokens may allow at most. */
  readonly holder: Caller;
}

/**
 * What signs the tokens of a key: the hash of its secret, so that they are worth nothing once the key is revoked. Null for a key that is
 * unknown or revoked.
 */
const signerOf = async ({ state, openSecret }: TokenDependencies, keyId: ApiKeyId | null): Promise<Signer | null> => {
  if (keyId === null) return { secret: openSecret, holder: openCaller };
  const key = await state.read.keys.find(keyId);
  if (!key || key.revokedOn) return null;
  return { secret: Buffer.from(key.secretHash, 'hex'), holder: callerOf(key) };
};

/** Anyone who has read the hash of a key can sign with it. That gives no more than the key allows. */
const isWithin = ({ accountId, scopes }: TokenClaims, holder: Caller): boolean => {
  const held = effectiveScopes(holder);
  return seesAccount(holder, accountId) && scopes.every((scope) => held.includes(scope));
};

/** What a token says, or null where it is forged, expired or revoked, or its key is. */
const readToken = async (dependencies: TokenDependencies, token: Token): Promise<TokenClaims | null> => {
  const signer = await signerOf(dependencies, keyIdOf(token));
  const claims = signer && (await verifyToken(token, signer.secret, dependencies.now()));
  if (!claims || !isWithin(claims, signer.holder)) return null;
  return (await dependencies.state.read.grants.isRevoked(claims.grantId)) ? null : claims;
};

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
const grantTokens =
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
const refreshTokens =
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
  const signer = await signerOf(dependencies, keyId);
  if (!signer) throw new UnauthenticatedError('The key is revoked.');
  const nowMs = dependencies.now().getTime();
  const sign = (kind: TokenKind, seconds: number): Promise<Token> =>
    signToken(keyId, { kind, grantId, accountId, scopes }, new Date(nowMs + seconds * 1000), signer.secret);
  return {
    accessToken: await sign('access', accessTokenSeconds),
    refreshToken: await sign('refresh', refreshTokenSeconds),
    expiresInSeconds: accessTokenSeconds,
    accountId,
    scopes,
  };
};

/**
 * Revokes a token with everything of the same grant. An invalid token, or one that was issued to another key than the caller's, is
 * left as it is; the holder of a token may revoke it without a key.
 */
const revokeToken =
  (dependencies: TokenDependencies) =>
  async (caller: Caller, token: Token): Promise<void> => {
    const { state, now } = dependencies;
    if (!isAnonymous(caller) && keyIdOf(token) !== caller.keyId) return;
    const claims = await readToken(dependencies, token);
    if (!claims) return;
    // none of the grant's tokens lives longer than one that is given now
    const expiresOn = new Date(now().getTime() + refreshTokenSeconds * 1000);
    await state.write(async (writer) => {
      await writer.grants.deleteExpired(now());
      await writer.grants.revoke(claims.grantId, expiresOn);
    });
  };

/**
 * The caller on whose behalf the holder of an access token acts.
 * @throws {UnauthenticatedError} without telling what is wrong with it.
 */
export const authenticateToken =
  (dependencies: TokenDependencies) =>
  async (token: Token): Promise<Caller> => {
    const claims = await readToken(dependencies, token);
    if (claims?.kind !== 'access') throw new UnauthenticatedError('The access token is unknown, expired or revoked.');
    return { keyId: keyIdOf(token), accountId: claims.accountId, scopes: new Set(claims.scopes) };
  };
