import { z } from 'zod';
import { mimeTypeOf, storedFormats } from '../domain/images/image.js';
import { failure, imageResponse, notModified } from '../web/documented-errors.js';

/** The original's route in the API document. */
export const originalOperation = {
  tags: ['Public images'],
  operationId: 'getOriginalImage',
  summary: 'Get the file of an image as it was uploaded',
  security: [{ basic: [] }, { bearer: [] }, {}],
  params: z.object({ accountId: z.guid(), imageId: z.guid() }),
  querystring: z.object({
    exp: z.string().optional().describe('When a signed URL expires, in seconds since 1970-01-01T00:00:00Z.'),
    sig: z.string().optional().describe('The signature, as GraphQL issues it, in place of a key.'),
  }),
  headers: z.object({
    'if-none-match': z.string().optional().describe('The ETag of what the client has.'),
    range: z
      .string()
      .optional()
      .describe('One part of the file, such as `bytes=0-999`. Several parts are sent as the whole file.'),
    'if-range': z.string().optional().describe('The ETag that the file must have for `Range` to count.'),
  }),
  response: {
    200: imageResponse('The file.', storedFormats.map(mimeTypeOf)),
    206: imageResponse('The requested part of the file.', storedFormats.map(mimeTypeOf)),
    304: notModified,
    401: failure('The key is missing or not good.'),
    403: failure('The key does not allow this, or the signed URL is changed or expired.'),
    404: failure('There is no such image.'),
    416: failure('The file ends before the requested part.'),
    429: failure('The key has made too many requests.'),
    '5xx': failure('The server failed.'),
  },
};
