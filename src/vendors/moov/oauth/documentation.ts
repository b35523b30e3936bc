import { json } from '../documentation.js';
import { genericError } from '../wire.js';
import { oauthError } from './wire.js';

/** What the token endpoints share in the document: the key may come as Basic or in the body. */
export const oauthShared = {
  tags: ['Moov tokens'],
  security: [{ basic: [] }, {}],
  consumes: ['application/json', 'application/x-www-form-urlencoded'],
};

export const oauthFailures = {
  400: json('The request is malformed or too large, or the refresh token is not valid.', oauthError),
  401: json('The key is missing or not good.', oauthError),
  415: json('The body is neither JSON nor a form.', genericError),
  429: json('The address has made too many requests.', genericError),
  '5xx': json('The server failed.', genericError),
};
