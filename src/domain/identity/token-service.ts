import { grantTokens, refreshTokens } from './grant-tokens.js';
import { revokeToken } from './revoke-token.js';
import type { TokenDependencies } from './token-dependencies.js';

/** All that can be done with tokens, for transports that hand them out. */
export const createTokenService = (dependencies: TokenDependencies) => ({
  grant: grantTokens(dependencies),
  refresh: refreshTokens(dependencies),
  revoke: revokeToken(dependencies),
});

export type TokenService = ReturnType<typeof createTokenService>;
