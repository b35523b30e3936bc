import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NotFoundError } from '../../domain/errors.js';
import { asPublicId } from '../../domain/image.js';
import type { Delivery } from '../../domain/services/deliver-image.js';
import type { ImageService } from '../../domain/services/image-service.js';
import { parseTransformQuery } from '../../domain/transform/parse-query.js';
import { isNotModified } from '../conditional.js';
import { publicImageOperation } from './public-image-operation.js';

const oneYear = 'public, max-age=31536000, immutable';
/** Without the current version in the URL the picture may change, so caches ask again after five minutes. */
const shortLived = 'public, max-age=300, stale-while-revalidate=3600';

const sharedHeaders = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  // an image that a browser opens as a page runs nothing
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  'x-content-type-options': 'nosniff',
};

/** `GET|HEAD /images/{publicId}`: resized public bytes. Answers from the state alone what needs no picture: 304, HEAD, errors. */
export const publicImageRoute = (server: FastifyInstance, images: ImageService): void => {
  server.route<{ Params: { publicId: string } }>({
    method: ['GET', 'HEAD'],
    url: '/images/:publicId',
    config: { isPublic: true, documented: publicImageOperation },
    handler: async (request, reply) => {
      reply.headers(sharedHeaders);
      const publicId = asPublicId(request.params.publicId);
      if (!publicId) throw new NotFoundError('No image has this public id.');
      const { transform, version } = parseTransformQuery(queryOf(request));
      // negotiated answers differ by Accept, refusals too
      if (transform.format === 'auto') reply.header('vary', 'Accept');
      const delivery = await images.deliver({ publicId, transform, version, accept: request.headers.accept });
      return answer(request, reply, delivery);
    },
  });
};

const answer = async (request: FastifyRequest, reply: FastifyReply, delivery: Delivery): Promise<FastifyReply> => {
  reply.header('etag', delivery.etag).header('cache-control', delivery.immutable ? oneYear : shortLived);
  if (isNotModified(request.headers, delivery.etag)) return reply.code(304).send();
  reply.header('content-type', delivery.mimeType);
  // a HEAD tells the headers; its Content-Length would cost the whole render, so it is left out
  if (request.method === 'HEAD') return reply.send();
  return reply.send(await delivery.render());
};

const queryOf = (request: FastifyRequest): string => {
  const start = request.url.indexOf('?');
  return start === -1 ? '' : request.url.slice(start + 1);
};
