import { InvalidInputError } from '../../../domain/errors.js';
import { asToken } from '../../../domain/identity/access-token.js';
import type { Caller } from '../../../domain/identity/caller.js';
import { isScope, type Scope } from '../../../domain/identity/scope.js';
import type { GrantedTokens, TokenService } from '../../../domain/identity/token-service.js';
import { type AccountId, asAccountId } from '../../../domain/images/image.js';
import type { RestServer } from '../../../web/rest-server.js';
import { json } from '../documentation.js';
import { oauthFailures, oauthShared } from './documentation.js';
import { OAuthFault } from './errors.js';
import type { OAuthServices } from './oauth-services.js';
import { authToken, tokenRequest, tokenValidationError, type WireToken } from './wire.js';

/** Gives a key tokens for part of what it allows, or new ones for a refresh token. */
export const createTokenRoute = (server: RestServer, { tokens, keyHolderOf }: OAuthServices): void => {
  server.post(
    '/oauth2/token',
    {
      schema: {
        ...oauthShared,
        operationId: 'createAccessToken',
        summary: 'Get an access token by a key or by a refresh token',
        body: tokenRequest,
        response: {
          ...oauthFailures,
          200: json('The tokens.', authToken),
          422: json('The scope or the refresh token is missing or not known.', tokenValidationError),
        },
      },
    },
    async (request, reply) => {
      const { grant_type, scope, refresh_token } = request.body;
      const caller = await keyHolderOf(request, request.body);
      const granted =
        grant_type === 'client_credentials'
          ? await tokens.grant(caller, parseScopes(scope ?? ''))
          : await refresh(tokens, caller, refresh_token);
      // RFC 6749, section 5.1
      return reply.header('cache-control', 'no-store').send(toWire(granted));
    },
  );
};

const refresh = async (tokens: TokenService, caller: Caller, text: string | undefined): Promise<GrantedTokens> => {
  if (text === undefined)
    throw InvalidInputError.at(['refresh_token'], 'The grant refresh_token needs a refresh token.');
  const token = asToken(text);
  const granted = token ? await tokens.refresh(caller, token) : null;
  if (granted) return granted;
  throw new OAuthFault('invalid_grant', "The refresh token is unknown, expired or revoked, or another key's.");
};

const toWire = ({ accessToken, refreshToken, expiresInSeconds, accountId, scopes }: GrantedTokens): WireToken => ({
  token_type: 'Bearer',
  access_token: accessToken,
  refresh_token: refreshToken,
  expires_in: expiresInSeconds,
  scope: formatScopes(scopes, accountId),
});

interface AskedScopes {
  readonly accountId: AccountId | undefined;
  readonly scopes: readonly Scope[];
}

/** "General form `/accounts/{accountID}/<thing>.read|write`"; without the account it is for whatever the key is for. */
const scopePattern = /^(?:\/accounts\/([^/]+)\/)?([a-z.]+)$/;

/**
 * The scopes that a client requests, separated by spaces. Those of things that are not served here are ignored (RFC 6749, section
 * 3.3), so that a client may request the same as from Moov.
 * @throws {InvalidInputError} where none is known, or where they are of more than one account.
 */
const parseScopes = (text: string): AskedScopes => {
  const known = text.split(/\s+/).flatMap((word) => {
    const [, account, scope = ''] = scopePattern.exec(word) ?? [];
    const accountId = account === undefined ? undefined : asAccountId(account);
    if (!isScope(scope) || (account !== undefined && !accountId)) return [];
    return [{ scope, accountId }];
  });
  const [first] = known;
  if (!first) {
    throw InvalidInputError.at(
      ['scope'],
      'Must be scopes such as /accounts/{accountID}/images.read, separated by spaces.',
    );
  }
  if (known.some(({ accountId }) => accountId !== first.accountId)) {
    throw InvalidInputError.at(['scope'], 'A token has scopes of one account only.');
  }
  return { accountId: first.accountId, scopes: known.map(({ scope }) => scope) };
};

/** The scopes as clients write them. */
const formatScopes = (scopes: readonly Scope[], accountId: AccountId | null): string =>
  scopes.map((scope) => (accountId ? `/accounts/${accountId}/${scope}` : scope)).join(' ');
