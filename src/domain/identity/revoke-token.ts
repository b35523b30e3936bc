import { keyIdOf, refreshTokenSeconds, type Token } from './access-token.js';
import { type Caller, isAnonymous } from './caller.js';
import { readToken, type TokenDependencies } from './token-dependencies.js';

/**
 * Revokes a token with everything of the same grant. A token that is not good, or that was given to another key than the one that
 * asks, is left as it is; who holds a token may take it back without a key.
 */
export const revokeToken =
  (dependencies: TokenDependencies) =>
  async (caller: Caller, token: Token): Promise<void> => {
    const { state, now } = dependencies;
    if (!isAnonymous(caller) && keyIdOf(token) !== caller.keyId) return;
    const claims = await readToken(dependencies, token);
    if (!claims) return;
    // none of the grant's tokens lives longer than one that is given now
    const expiresOn = new Date(now().getTime() + refreshTokenSeconds * 1000);
    await state.write(async (writer) => {
      await writer.grants.forgetExpired(now());
      await writer.grants.revoke(claims.grantId, expiresOn);
    });
  };
