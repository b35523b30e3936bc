import type { z } from 'zod';
import { httpErrorResponse, imageResponse } from './wire.js';

/** A response of the API document: what it means, and the JSON that it holds. */
const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

export const failure = (description: string) => json(description, httpErrorResponse);

export const oneImage = json('The image.', imageResponse);
export const manyImages = json('The images.', imageResponse.array());

/** What every operation on metal images shares in the document. */
export const shared = {
  tags: ['Metal images'],
  security: [{ basic: [] }, { bearer: [] }, { hmac: [] }],
};

/** The failures that every operation may answer, beside those of its own. */
export const failures = {
  403: failure('The key or the signature is missing, not good, or does not allow this.'),
  406: failure('The client does not accept JSON.'),
  429: failure('The key has made too many requests; Retry-After tells when the next may be made.'),
  '5xx': failure('The server failed.'),
};

export const notFound = { 404: failure('There is no such image.') };
export const badQuery = { 400: failure('A parameter is malformed.') };

/** The failures of operations that take a body. */
export const bodyFailures = {
  ...failures,
  400: failure('The body is malformed, or the image is not accepted.'),
  413: failure('The body is too large.'),
  415: failure('The body is not JSON.'),
};
