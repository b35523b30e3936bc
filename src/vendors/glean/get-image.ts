import type { RestServer } from '../../web/rest-server.js';
import { imageHeaders, imageResponses, shared } from './documentation.js';
import type { GleanServices } from './glean-services.js';
import { sendOriginal } from './send-original.js';
import { addressOfImage } from './translate.js';
import { imageQuery } from './wire.js';

/** "Get image. Serves images of various types (profile pic, background, UGC thumnail/content, etc)." */
export const getImageRoute = (server: RestServer, { images, accountOf, limits }: GleanServices): void => {
  server.route({
    method: ['GET', 'HEAD'],
    url: '/rest/api/v1/images',
    schema: {
      ...shared,
      operationId: 'images',
      summary: 'Get the image with a key or at an address, as it was uploaded',
      querystring: imageQuery,
    },
    config: { documented: { headers: imageHeaders, response: imageResponses } },
    handler: async (request, reply) => {
      const { caller, query } = request;
      const accountId = accountOf(caller, 'images.read');
      const place = { accountId, address: addressOfImage(query, limits), key: query.key };
      return sendOriginal(request, reply, await images.openAddressedOriginal(caller, place));
    },
  });
};
