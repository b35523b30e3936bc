import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { waiterOf } from '../web/guards/client-of.js';
import { isNotModified } from '../web/images/conditional.js';
import { type ImageResponse, type ImageResponses, sharedImageHeaders } from '../web/images/image-responses.js';
import { loadBytes } from '../web/images/load-bytes.js';
import { sendImage, sendNotModified } from '../web/images/send-image.js';
import { namedImageOperation, publicImageOperation } from './public-image-operation.js';

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
      const found = await find(request);
      const { delivery } = found;
      if (isNotModified(request.headers, delivery.etag)) {
        reply.hijack();
        return sendNotModified(reply.raw, headersOf(reply), found);
      }
      const inMemory = delivery.peek();
      // the Content-Length of a HEAD would cost the whole render, so it is left out
      const [sent, bytes] =
        inMemory || request.method === 'HEAD'
          ? [found, inMemory]
          : await loadBytes(() => find(request), found, waiterOf(request, reply));
      reply.hijack();
      return sendImage(reply.raw, headersOf(reply), sent, bytes);
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
