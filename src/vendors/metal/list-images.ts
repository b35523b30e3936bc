import type { RestServer } from '../../web/rest-server.js';
import { badQuery, failures, manyImages, shared } from './documentation.js';
import type { MetalServices } from './metal-services.js';
import { parseSwitch } from './parse-switch.js';
import { presentImages } from './translate.js';
import { usageQuery } from './wire.js';

/** "All rows, no filter, no paging, expired ones included." They come in the order of their ids. */
export const listImagesRoute = (server: RestServer, { metal }: MetalServices): void => {
  server.get(
    '/image',
    {
      schema: {
        ...shared,
        operationId: 'listMetalImages',
        summary: 'List all metal images',
        response: { ...failures, ...badQuery, 200: manyImages },
      },
      config: { needs: 'metal.view', documented: { querystring: usageQuery } },
    },
    async ({ caller, url }, reply) => {
      const images = await metal.listAll(caller, {});
      return reply.send(await presentImages(metal, images, parseSwitch(url, 'show-usage')));
    },
  );
};
