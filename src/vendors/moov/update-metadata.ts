import type { RestServer } from '../../web/rest-server.js';
import { failures, json, oneImage, shared } from './documentation.js';
import { moovErrorHandler } from './errors.js';
import type { MoovServices } from './moov-services.js';
import { presentImage, replacing } from './translate.js';
import { genericError, imageMetadataRequest, imageMetadataValidationError, imageParams } from './wire.js';

/** "Replace the metadata for an existing image." */
export const updateMetadataRoute = (server: RestServer, { images, present }: MoovServices): void => {
  server.put(
    '/accounts/:accountID/images/:imageID/metadata',
    {
      schema: {
        ...shared,
        operationId: 'updateImageMetadata',
        summary: 'Replace the metadata of an image',
        params: imageParams,
        body: imageMetadataRequest,
        response: {
          ...failures,
          200: oneImage,
          415: json('The body is not JSON.', genericError),
          422: json('The metadata is not accepted, or too large.', imageMetadataValidationError),
        },
      },
      errorHandler: moovErrorHandler('flat'),
    },
    async ({ caller, params, body }, reply) => {
      const image = await images.update(caller, { id: params.imageID, metadata: replacing(body) });
      return reply.send(await presentImage(present, image));
    },
  );
};
