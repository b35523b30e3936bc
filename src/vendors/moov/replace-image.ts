import type { RestServer } from '../../web/rest-server.js';
import { shared, updateResponses } from './documentation.js';
import type { MoovServices } from './moov-services.js';
import { presentImage, replacing } from './translate.js';
import { requireImage, withUploadForm } from './upload-form.js';
import { imageParams, imageUploadForm } from './wire.js';

/**
 * The update of the generation from v0.18.1 on: "This endpoint replaces the existing image with the new PNG, JPEG, or WebP. Omit the
 * metadata form section to keep existing metadata."
 */
export const replaceImageRoute = (server: RestServer, { images, present, forms }: MoovServices): void => {
  server.put(
    '/accounts/:accountID/images/:imageID',
    {
      schema: {
        ...shared,
        operationId: 'updateImage',
        summary: 'Replace an image and, optionally, its metadata',
        params: imageParams,
        response: updateResponses,
      },
      config: { documented: { consumes: ['multipart/form-data'], body: imageUploadForm } },
    },
    async ({ caller, params, raw }, reply) => {
      const image = await withUploadForm(forms, raw, (form) =>
        images.update(caller, {
          id: params.imageID,
          file: requireImage(form),
          metadata: replacing(form.metadata),
        }),
      );
      return reply.send(await presentImage(present, image));
    },
  );
};
