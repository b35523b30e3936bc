import { z } from 'zod';
import { genericError, imageMetadata, imageRequestValidationError } from './wire.js';

/** A response of the API document: its meaning and its JSON. */
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

/** The failures of every operation, in addition to its own. */
export const failures = {
  400: json('A parameter or the body is malformed.', genericError),
  401: json('The key is missing or not good.', genericError),
  403: json('The key does not allow this.', genericError),
  404: json('There is no such image, or X-Moov-Version is malformed.', genericError),
  429: json('The key has made too many requests; Retry-After says when to try again.', genericError),
  '5xx': json('The server failed, or has no room for the request right now.', genericError),
};

/** The failures of operations with an image in their body. */
export const uploadFailures = {
  ...failures,
  415: json('The body is not multipart/form-data.', genericError),
  422: json('The image or its metadata is not accepted, or larger than 16 MiB.', imageRequestValidationError),
};

/** The responses of the operations that change an image. */
export const updateResponses = {
  ...uploadFailures,
  200: oneImage,
  409: json('The account has this image already.', genericError),
};
