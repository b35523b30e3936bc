import { NotFoundError } from '../../domain/errors.js';
import type { RestServer } from '../../web/rest-server.js';
import { failures, oneImage, shared } from './documentation.js';
import type { MoovServices } from './moov-services.js';
import { presentImage } from './translate.js';
import { imageParams } from './wire.js';

export const getImageRoute = (server: RestServer, { images, present }: MoovServices): void => {
  server.get(
    '/accounts/:accountID/images/:imageID',
    {
      schema: {
        ...shared,
        operationId: 'getImageMetadata',
        summary: 'Get the metadata of an image',
        params: imageParams,
        response: { ...failures, 200: oneImage },
      },
    },
    async ({ caller, params }, reply) => {
      const image = await images.findOne(caller, params.imageID);
      if (!image) throw new NotFoundError(`The account has no image ${params.imageID}.`);
      return reply.send(await presentImage(present, image));
    },
  );
};
