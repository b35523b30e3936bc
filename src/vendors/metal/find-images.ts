import type { RestServer } from '../../web/rest-server.js';
import { bodyFailures, manyImages, shared } from './documentation.js';
import { decodeBody } from './go-json.js';
import type { MetalServices } from './metal-services.js';
import { parseSwitch } from './parse-switch.js';
import { hasBuildMetadataOf, presentImages, toFilter } from './translate.js';
import { imageFindRequest, usageQuery } from './wire.js';

/** "AND of exact, case-sensitive equality. `{}` → all rows." */
export const findImagesRoute = (server: RestServer, { metal }: MetalServices): void => {
  server.post<{ Body: Buffer | undefined }>(
    '/image/find',
    {
      schema: {
        ...shared,
        operationId: 'findMetalImages',
        summary: 'List the metal images that meet conditions',
        response: { ...bodyFailures, 200: manyImages },
      },
      config: { needs: 'metal.view', documented: { querystring: usageQuery, body: imageFindRequest } },
    },
    async ({ caller, url, body }, reply) => {
      // "the body is decoded and the store is read before show-usage is parsed"
      const wanted = decodeBody(imageFindRequest, body);
      const filter = toFilter(wanted);
      const candidates = filter ? await metal.listAll(caller, filter) : [];
      const images = candidates.filter(hasBuildMetadataOf(wanted));
      return reply.send(await presentImages(metal, images, parseSwitch(url, 'show-usage')));
    },
  );
};
