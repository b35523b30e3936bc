import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { parameters, versionParameter } from '../domain/delivery/transform/transform.js';
import { mimeTypeOf, outputFormats } from '../domain/images/image.js';
import { isNotModified } from '../web/conditional.js';
import { failure, imageResponse, notModified } from '../web/documented-errors.js';
import { waiterOf } from '../web/guards/client-of.js';
import { statusOfLoaded, statusOfMemory } from '../web/images/cache-status.js';
import { type ImageResponse, type ImageResponses, sharedImageHeaders } from '../web/images/image-responses.js';
import { loadVariant, sendImage, sendNotModified } from '../web/images/send-image.js';

interface ImageParams {
  Params: { publicId: string };
}
type ImageRequest = FastifyRequest<ImageParams>;

export const publicImagePattern = '/images/:publicId';
/** The same image: the name is for people and search engines, and says nothing to the server. */
const namedImagePattern = '/images/:publicId/:fileName';

/** `GET|HEAD /images/{publicId}`, also followed by a file name: resized public bytes. A response without image bytes reads none: 304, 412, HEAD, errors. */
export const publicImageRoute = (server: FastifyInstance, responses: ImageResponses): void => {
  const find = ({ raw, params }: ImageRequest): Promise<ImageResponse> => responses.find(raw, params.publicId);

  const route = {
    method: ['GET', 'HEAD'],
    handler: async (request: ImageRequest, reply: FastifyReply) => {
      const beganAt = performance.now();
      const found = await find(request);
      const planMs = performance.now() - beganAt;
      const { delivery } = found;
      if (isNotModified(request.headers, delivery.etag)) {
        reply.hijack();
        return sendNotModified(reply.raw, headersOf(reply), found);
      }
      const inMemory = delivery.peek();
      // the Content-Length of a HEAD would cost the whole render, so it is left out
      if (inMemory || request.method === 'HEAD') {
        reply.hijack();
        return sendImage(reply.raw, [...headersOf(reply), ...(inMemory ? statusOfMemory : [])], found, inMemory);
      }
      const [sent, loaded] = await loadVariant(() => find(request), found, waiterOf(request, reply));
      reply.hijack();
      return sendImage(reply.raw, [...headersOf(reply), ...statusOfLoaded(loaded, planMs)], sent, loaded.bytes);
    },
    errorHandler: (error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      reply.headers({ ...sharedImageHeaders, vary: 'Accept' });
      throw error;
    },
  };
  server.route<ImageParams>({
    ...route,
    url: publicImagePattern,
    config: { isPublic: true, documented: publicImageOperation },
  });
  server.route<ImageParams>({
    ...route,
    url: namedImagePattern,
    config: { isPublic: true, documented: namedImageOperation },
  });

  // images are public: a page of any origin may read them, and send any header
  for (const pattern of [publicImagePattern, namedImagePattern]) {
    server.options(pattern, { config: { isPublic: true } }, (_request, reply) =>
      reply.code(204).headers(preflightHeaders).send(),
    );
  }
};

/** What a CORS preflight asks for, and Allow for other OPTIONS requests. `*` alone leaves out browsers that predate it. */
const preflightHeaders = {
  allow: 'GET, HEAD, OPTIONS',
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': 'Cache-Control, If-Match, If-None-Match, Range, *',
  'access-control-max-age': '86400',
};

/** The headers that hooks have set, such as a rate limit's: a response that bypasses Fastify has them all the same. */
const headersOf = (reply: FastifyReply): string[] => Object.entries(reply.getHeaders()).flat().map(String);

/** The public route in the API document. The domain parses its query and describes each parameter. */
const publicImageOperation = {
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
const namedImageOperation = {
  ...publicImageOperation,
  operationId: 'getNamedPublicImage',
  summary: 'Get a variant of an image by a URL with a file name',
  params: publicImageOperation.params.extend({ fileName: z.string().describe('Any name. It is ignored.') }),
};
