import { z } from 'zod';
import { httpErrorResponse, imageResponse } from './wire.js';

/** A successful response of the API document: its meaning and its JSON. */
const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A failed one: the JSON text of the error, sent as plain text. */
export const failure = (description: string) => ({
  description,
  content: { 'text/plain': { schema: httpErrorResponse } },
});

export const oneImage = json('The image.', imageResponse);
export const manyImages = json('The images.', imageResponse.array());

/** Headers that are read when they are needed, and only documented here. */
export const conditionalHeaders = z.object({
  'If-None-Match': z.string().optional().describe('The ETag of the image that the client has.'),
});
export const updateHeaders = z.object({
  'If-Match': z
    .string()
    .optional()
    .describe('The ETag of the image that the client read; 409 if it has changed since.'),
});

/** What every operation on metal images shares in the document. */
export const shared = {
  tags: ['Metal images'],
  security: [{ basic: [] }, { bearer: [] }, { hmac: [] }],
};

/** The failures of every operation, in addition to its own. */
export const failures = {
  403: failure('The key or the signature is missing, not good, or does not allow this.'),
  406: failure('The client does not accept JSON.'),
  429: failure('The key has made too many requests; Retry-After says when to try again.'),
  '5xx': failure('The server failed.'),
};

export const notFound = { 404: failure('There is no such image.') };
export const badQuery = { 400: failure('A parameter is malformed.') };

/** The failures of operations with a body. */
export const bodyFailures = {
  ...failures,
  400: failure('The body is malformed, or the image is not accepted.'),
  413: failure('The body is too large.'),
  415: failure('The body is not JSON.'),
};
