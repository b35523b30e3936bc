import { UnauthenticatedError } from '../errors.js';
import { keyIdOf, type Token } from './access-token.js';
import type { Caller } from './caller.js';
import { readToken, type TokenDependencies } from './token-dependencies.js';

/**
 * On whose behalf the holder of an access token asks.
 * @throws {UnauthenticatedError} without telling what is wrong with it.
 */
export const authenticateToken =
  (dependencies: TokenDependencies) =>
  async (token: Token): Promise<Caller> => {
    const claims = await readToken(dependencies, token);
    if (claims?.kind !== 'access') throw new UnauthenticatedError('The access token is unknown, expired or revoked.');
    return { keyId: keyIdOf(token), accountId: claims.accountId, scopes: new Set(claims.scopes) };
  };
