import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Delivery } from '../../domain/delivery/deliver-image.js';
import { isNotModified } from '../../web/conditional.js';
import { waiterOf } from '../../web/guards/client-of.js';
import type { CdnHeaders } from '../../web/images/cdn-headers.js';
import { sharedImageHeaders } from '../../web/images/image-responses.js';
import { loadVariant } from '../../web/images/send-image.js';
import type { RestServer } from '../../web/rest-server.js';
import { imageHeaders, imageResponses, shared } from './documentation.js';
import type { GleanServices } from './glean-services.js';
import { sendOriginal } from './send-original.js';
import { addressOfImage } from './translate.js';
import { imageQuery } from './wire.js';

/** As the sibling endpoint for photos of people has it. */
const publicForAnHour = 'public, max-age=3600';

/**
 * "Browser-facing path prefix is `/api/v1/images`", which the `url` of an upload leads to. With a key it responds as the API does;
 * without one, if an account is configured, with the image for everybody, which has no metadata in it.
 */
export const showImageRoute = (server: RestServer, services: GleanServices): void => {
  const { images, accountOf, publicAccount, limits } = services;
  server.route({
    method: ['GET', 'HEAD'],
    url: '/api/v1/images',
    schema: {
      ...shared,
      security: [...shared.security, {}],
      operationId: 'browserImages',
      summary: 'Show the image with a key or at an address',
      description:
        'Without a key it responds only if the server has an account for that, and the image is sent without its metadata.',
      querystring: imageQuery,
    },
    config: { isPublic: true, documented: { headers: imageHeaders, response: imageResponses } },
    handler: async (request, reply) => {
      const { caller, query, headers } = request;
      // one URL has two responses: no cache may send one for the other
      reply.header('vary', 'Authorization');
      const address = addressOfImage(query, limits);
      if (headers.authorization || !publicAccount) {
        const accountId = accountOf(caller, 'images.read');
        const place = { accountId, address, key: query.key };
        return sendOriginal(request, reply, await images.openAddressedOriginal(caller, place));
      }
      const place = { accountId: publicAccount, address };
      return sendPublic(request, reply, services.cdn, async () => ({
        delivery: await images.deliver(await images.addressedDelivery(place)),
      }));
    },
  });
};

/** As for public images, a HEAD does not render. */
const sendPublic = async (
  request: FastifyRequest,
  reply: FastifyReply,
  cdn: CdnHeaders,
  find: () => Promise<{ delivery: Delivery }>,
): Promise<FastifyReply> => {
  const headersOf = ({ etag, image, isCurrent }: Delivery) => ({
    etag,
    'cache-control': publicForAnHour,
    // a key shows another response at this URL, which not every CDN distinguishes
    ...(isCurrent() ? cdn.of(image, false) : cdn.notKept),
  });
  // an error that comes later has these too, and none of the others
  reply.headers(sharedImageHeaders);
  const found = await find();
  if (isNotModified(request.headers, found.delivery.etag)) {
    return reply.code(304).headers(headersOf(found.delivery)).send();
  }
  if (request.method === 'HEAD') return reply.headers(headersOf(found.delivery)).type(found.delivery.mimeType).send();
  const [{ delivery }, { bytes }] = await loadVariant(find, found, waiterOf(request, reply));
  return reply.headers(headersOf(delivery)).type(delivery.mimeType).send(bytes);
};
