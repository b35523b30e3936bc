import type { RestServer } from '../../web/rest-server.js';
import { empty, failures, shared } from './documentation.js';
import type { MoovServices } from './moov-services.js';
import { imageParams } from './wire.js';

/**
 * "Disable an image by its ID. Disabled images are still be accessible via their public URL"; the generation before says "Permanently
 * delete an image by its ID". Which it is, the operator chooses; nothing is lost by default.
 */
export const deleteImageRoute = (server: RestServer, { images, deletes }: MoovServices): void => {
  server.delete(
    '/accounts/:accountID/images/:imageID',
    {
      schema: {
        ...shared,
        operationId: 'deleteImage',
        summary: deletes === 'permanent' ? 'Delete an image for good' : 'Disable an image',
        params: imageParams,
        response: {
          ...failures,
          204: empty('The image is gone, or disabled.'),
        },
      },
    },
    async ({ caller, params }, reply) => {
      await (deletes === 'permanent' ? images.delete : images.disable)(caller, params.imageID);
      return reply.code(204).send();
    },
  );
};
