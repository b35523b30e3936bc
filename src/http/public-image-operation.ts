import { z } from 'zod';
import { parameters, versionParameter } from '../domain/delivery/transform/transform.js';
import { mimeTypeOf, outputFormats } from '../domain/images/image.js';
import { failure, imageResponse, notModified } from '../web/documented-errors.js';

/** The public route in the API document. The domain parses its query and describes each parameter. */
export const publicImageOperation = {
  tags: ['Public images'],
  operationId: 'getPublicImage',
  summary: 'Get a variant of an image, resized and converted',
  description: 'Without size it is 400x400. Without format the Accept header decides.',
  security: [],
  params: z.object({ publicId: z.string().describe('The public id of the image.') }),
  querystring: z.object({
    ...Object.fromEntries(
      Object.entries({ ...parameters, [versionParameter.name]: versionParameter }).map(
        ([name, { description, accepted }]) => [
          name,
          z.string().optional().describe(`${description} The value ${accepted}`),
        ],
      ),
    ),
    preset: z.string().optional().describe('The name of a preset of the server, instead of all others except for v.'),
    exp: z.string().optional().describe('When a signed URL expires, in seconds since 1970-01-01T00:00:00Z.'),
    sig: z
      .string()
      .optional()
      .describe('The signature: the HMAC-SHA256 of the path and the query before it in base64url. It comes last.'),
  }),
  headers: z.object({
    'if-none-match': z.string().optional().describe('The ETag of what the client has.'),
    'if-match': z.string().optional().describe('The ETag that the image must have.'),
  }),
  response: {
    200: imageResponse('The variant.', outputFormats.map(mimeTypeOf)),
    304: notModified,
    400: failure('A parameter is malformed, repeated or unknown.'),
    403: failure('The transform may not be requested, or the URL is changed or expired.'),
    404: failure('No image has this public id.'),
    406: failure('The image cannot be made in any format that the client accepts.'),
    412: failure('If-Match does not name the current ETag.'),
    429: failure('The address has made too many requests; Retry-After says when the next may be made.'),
    '5xx': failure('The server failed, or its queue of renders is full; Retry-After says when to try again.'),
  },
};

/** The same route with a name at the end of its path. */
export const namedImageOperation = {
  ...publicImageOperation,
  operationId: 'getNamedPublicImage',
  summary: 'Get a variant of an image by a URL with a file name',
  params: publicImageOperation.params.extend({ fileName: z.string().describe('Any name. It is ignored.') }),
};
