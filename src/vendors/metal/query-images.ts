import { InvalidInputError, NotFoundError } from '../../domain/errors.js';
import type { RestServer } from '../../web/rest-server.js';
import { failures, manyImages, notFound, shared } from './documentation.js';
import type { MetalServices } from './metal-services.js';
import { toWire } from './translate.js';
import { firstIssueInVendorWords } from './vendor-words.js';
import { shortIdParams } from './wire.js';

/** "Returns ALL matches, expiration ignored"; the highest version comes first. "Nothing matches: 200 []." */
export const queryImagesRoute = (server: RestServer, { metal }: MetalServices): void => {
  server.get(
    '/image/:id/query',
    {
      schema: {
        ...shared,
        operationId: 'queryMetalImages',
        summary: 'List all metal images that an id stands for',
        params: shortIdParams,
        response: { ...failures, ...notFound, 200: manyImages },
      },
      config: { needs: 'metal.view' },
    },
    async ({ caller, params: { id } }, reply) => {
      const images = await metal.matching(caller, id).catch((error: unknown) => {
        if (!(error instanceof InvalidInputError)) throw error;
        // "query, id unparsable: 404"
        throw new NotFoundError(`no images for id:${id} found:${firstIssueInVendorWords(error, { id })}`);
      });
      return reply.send(images.map((image) => toWire(image)));
    },
  );
};
