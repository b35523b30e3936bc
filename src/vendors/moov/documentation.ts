import { z } from 'zod';
import { genericError, imageMetadata, imageRequestValidationError } from './wire.js';

/** A response of the API document: what it means, and the JSON that it holds. */
export const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

export const empty = (description: string) => z.undefined().describe(description);

export const oneImage = json('The image.', imageMetadata);

/** What every operation on an account's images shares in the document. */
export const shared = {
  tags: ['Moov images'],
  security: [{ basic: [] }, { bearer: [] }],
};

/** The failures that every operation may answer, beside those of its own. */
export const failures = {
  400: json('A parameter or the body is malformed.', genericError),
  401: json('The key is missing or not good.', genericError),
  403: json('The key does not allow this.', genericError),
  404: json('There is no such image, or X-Moov-Version is malformed.', genericError),
  429: json('The key has made too many requests; Retry-After tells when the next may be made.', genericError),
  '5xx': json('The server failed, or has no room for the request right now.', genericError),
};

/** The failures of operations that take an image. */
export const uploadFailures = {
  ...failures,
  413: json('The file or the request is larger than 16 MiB.', genericError),
  415: json('The body is not multipart/form-data.', genericError),
  422: json('The image or its metadata is not accepted.', imageRequestValidationError),
};

/** What the operations that change an image may answer. */
export const updateResponses = {
  ...uploadFailures,
  200: oneImage,
  409: json('The account has this image already.', genericError),
};
