import { notModified } from '../../web/documented-errors.js';
import type { RestServer } from '../../web/rest-server.js';
import { conditionalHeaders, failures, notFound, oneImage, shared } from './documentation.js';
import { sendImage } from './entity-tag.js';
import type { MetalServices } from './metal-services.js';
import { noImageWithId } from './vendor-words.js';
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
        response: { ...failures, ...notFound, 200: oneImage, 304: notModified },
      },
      config: { needs: 'metal.view', documented: { headers: conditionalHeaders } },
    },
    async (request, reply) => {
      const { caller, params } = request;
      const image = await metal.findOne(caller, params.id);
      if (!image) throw noImageWithId(params.id);
      return sendImage(request, reply, image);
    },
  );
};
