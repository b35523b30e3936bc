import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Authenticate } from '../../../domain/identity/caller.js';
import type { TokenService } from '../../../domain/identity/token-service.js';
import { isUtf8Form, utf8Text } from '../../../lib/utf8.js';
import { NotUtf8Error, readJsonAsUtf8 } from '../../../web/bodies/json-bodies.js';
import type { RestServer } from '../../../web/rest-server.js';
import { createTokenRoute } from './create-token.js';
import { handleOAuthError } from './errors.js';
import type { ClientFields, OAuthServices } from './oauth-services.js';
import { revokeTokenRoute } from './revoke-token.js';

export interface OAuthRouteOptions {
  readonly tokens: TokenService;
  readonly authenticate: Authenticate;
  /** Accepts keys and no tokens, whose holder must not get more of them than they were given. */
  readonly authenticateByKey: Authenticate;
}

/** Moov's token endpoints, by RFC 6749 and RFC 7009, in JSON as its SDKs send it and as forms, as other OAuth clients do. */
export const oauthRoutes = async (
  scope: FastifyInstance,
  { tokens, authenticate, authenticateByKey }: OAuthRouteOptions,
): Promise<void> => {
  const server: RestServer = scope.withTypeProvider<ZodTypeProvider>();
  server.setErrorHandler(handleOAuthError);
  server.removeContentTypeParser('text/plain');
  readJsonAsUtf8(scope);
  server.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (_request, body, done) => {
      const text = utf8Text(body);
      if (text === null || !isUtf8Form(body.toString('latin1'))) done(new NotUtf8Error());
      else done(null, Object.fromEntries(new URLSearchParams(text)));
    },
  );

  const services: OAuthServices = {
    tokens,
    keyHolderOf: ({ headers, ip }, body) => authenticateByKey(authorizationOf(body) ?? headers.authorization, ip),
    callerOf: ({ headers, ip }, body) => authenticate(authorizationOf(body) ?? headers.authorization, ip),
  };
  createTokenRoute(server, services);
  revokeTokenRoute(server, services);
};

/** "client_id, client_secret (or Basic)": the two in the body are equal to the header; one alone is ignored. */
const authorizationOf = ({ client_id, client_secret }: ClientFields): string | undefined =>
  client_id && client_secret ? `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` : undefined;
