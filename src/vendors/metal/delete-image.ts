import type { RestServer } from '../../web/rest-server.js';
import { failure, failures, notFound, oneImage, shared } from './documentation.js';
import type { MetalServices } from './metal-services.js';
import { toWire } from './translate.js';
import { inVendorWords } from './vendor-words.js';
import { imageParams } from './wire.js';

/** "200 the deleted object". "DELETE sends body `{}`", which says nothing. */
export const deleteImageRoute = (server: RestServer, { metal }: MetalServices): void => {
  server.delete(
    '/image/:id',
    {
      schema: {
        ...shared,
        operationId: 'deleteMetalImage',
        summary: 'Delete a metal image that no machine uses',
        params: imageParams,
        response: {
          ...failures,
          ...notFound,
          200: oneImage,
          413: failure('The body, which is not looked at, is too large.'),
          422: failure('Machines use the image.'),
        },
      },
      config: { needs: 'metal.admin' },
    },
    async ({ caller, params }, reply) =>
      reply.send(toWire(await metal.delete(caller, params.id).catch(inVendorWords(params)))),
  );
};
