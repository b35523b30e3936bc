import { NotFoundError } from '../../domain/errors.js';
import type { RestServer } from '../../http/rest-server.js';
import { failures, notFound, oneImage, shared } from './documentation.js';
import type { MetalServices } from './metal-scope.js';
import { toWire } from './translate.js';
import { imageParams } from './wire.js';

/** "GET /{id} is ALWAYS an exact primary-key match." */
export const getImageRoute = (server: RestServer, { metal }: MetalServices): void => {
  server.get(
    '/image/:id',
    {
      schema: {
        ...shared,
        operationId: 'getMetalImage',
        summary: 'Get the metal image with exactly this id',
        params: imageParams,
        response: { ...failures, ...notFound, 200: oneImage },
      },
      config: { needs: 'metal.view' },
    },
    async ({ caller, params }, reply) => {
      const [image] = await metal.find(caller, [params.id]);
      if (!image) throw new NotFoundError(`no image with id "${params.id}" found`);
      return reply.send(toWire(image));
    },
  );
};
