import { z } from 'zod';

const clientFields = {
  client_id: z.string('Must be text.').optional().describe('The id of a key, where it is not sent as Basic.'),
  client_secret: z.string('Must be text.').optional().describe('The secret of the key.'),
};

export const tokenRequest = z
  .object(
    {
      grant_type: z.enum(['client_credentials', 'refresh_token'], 'Must be client_credentials or refresh_token.'),
      ...clientFields,
      scope: z
        .string('Must be text.')
        .optional()
        .describe(
          'Scopes separated by spaces, such as /accounts/{accountID}/images.read; needed for client_credentials.',
        ),
      refresh_token: z.string('Must be text.').optional().describe('Needed for refresh_token.'),
    },
    'Must be a JSON object or a form.',
  )
  .meta({ id: 'AuthTokenRequest', description: 'A request for tokens.' });

/** "`token_type` must be exactly "Bearer" (closed enum; "bearer" throws)." */
export const authToken = z
  .strictObject({
    token_type: z.literal('Bearer'),
    access_token: z.string(),
    refresh_token: z.string(),
    expires_in: z.int().describe('Seconds until the access token expires.'),
    scope: z.string().describe('What the tokens allow, which may be less than was asked for.'),
  })
  .meta({ id: 'AuthToken', description: 'An access token and one to renew it with.' });

export const revokeRequest = z
  .object(
    {
      token: z.string('Must be an access token or a refresh token.'),
      ...clientFields,
      // RFC 7009, section 2.1: the hint may be wrong, and is not needed
      token_type_hint: z.unknown().optional(),
    },
    'Must be a JSON object or a form.',
  )
  .meta({ id: 'RevokeTokenRequest', description: 'A token to take back.' });

/** RFC 6749, section 5.2, which is Moov's GenericError with a description in addition. */
export const oauthError = z
  .strictObject({ error: z.string(), error_description: z.string() })
  .meta({ id: 'OAuthError', description: 'Why there is no token.' });

export const tokenValidationError = z
  .strictObject({ scope: z.string().optional(), refresh_token: z.string().optional() })
  .meta({ id: 'AuthTokenRequestError', description: 'What is wrong with the request.' });

export const revokeValidationError = z
  .strictObject({ token: z.string().optional() })
  .meta({ id: 'RevokeTokenRequestError', description: 'What is wrong with the request.' });

export type WireToken = z.infer<typeof authToken>;
