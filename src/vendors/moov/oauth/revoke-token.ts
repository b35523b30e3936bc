import { asToken } from '../../../domain/identity/access-token.js';
import type { RestServer } from '../../../web/rest-server.js';
import { empty, json } from '../documentation.js';
import { oauthFailures, oauthShared } from './documentation.js';
import type { OAuthServices } from './oauth-services.js';
import { revokeRequest, revokeValidationError } from './wire.js';

/** Revokes a token with its whole grant. RFC 7009, section 2.2: an invalid token is not an error, because it is already useless. */
export const revokeTokenRoute = (server: RestServer, { tokens, callerOf }: OAuthServices): void => {
  server.post(
    '/oauth2/revoke',
    {
      schema: {
        ...oauthShared,
        operationId: 'revokeAccessToken',
        summary: 'Revoke an access token or a refresh token',
        body: revokeRequest,
        response: {
          ...oauthFailures,
          204: empty('The token is of no use any more.'),
          422: json('The token is missing.', revokeValidationError),
        },
      },
    },
    async (request, reply) => {
      const caller = await callerOf(request, request.body);
      const token = asToken(request.body.token);
      if (token) await tokens.revoke(caller, token);
      return reply.code(204).send();
    },
  );
};
