import { z } from 'zod';
import { mimeTypeOf, storedFormats } from '../../domain/images/image.js';
import { imageResponse, notModified } from '../../web/documented-errors.js';
import { emailAddress, problemDetail } from './wire.js';

/** A failure of the API document. */
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemDetail } },
});

/** What every operation shares in the document. */
export const shared = {
  tags: ['Glean images'],
  security: [{ bearer: [] }, { basic: [] }],
};

const actAs = emailAddress
  .optional()
  .describe('On whose behalf the request is made. It is checked and changes nothing.');

/** Headers that are parsed where they are needed, and only documented here. */
export const documentedHeaders = {
  'X-Scio-Actas': actAs,
  'X-Glean-ActAs': actAs,
  'X-Glean-Auth-Type': z.string().optional().describe('Accepted, whatever it is.'),
};

/** The failures that every operation may respond with. */
const failures = {
  400: problem('A parameter, a header or the file is not accepted, or no account is named.'),
  401: problem('The key is missing or not good.'),
  403: problem('The key does not allow this.'),
  429: problem('The key has made too many requests; Retry-After says when the next may be made.'),
  '5xx': problem('The server failed, or has no room for the request right now.'),
};

/** The responses to a request for an image. */
export const imageResponses = {
  ...failures,
  200: imageResponse('The image.', storedFormats.map(mimeTypeOf)),
  304: notModified,
  404: problem('There is no image at the address.'),
};

export const uploadFailures = {
  ...failures,
  409: problem('The account has as many images as it may have.'),
  413: problem('The image is larger than 16 MiB.'),
};

export const imageHeaders = z.object({
  ...documentedHeaders,
  'If-None-Match': z.string().optional().describe('The ETag of what the client has.'),
});
