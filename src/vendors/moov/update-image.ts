import type { RestServer } from '../../web/rest-server.js';
import { shared, updateResponses } from './documentation.js';
import type { MoovServices } from './moov-services.js';
import { merging, presentImage } from './translate.js';
import { withUploadForm } from './upload-form.js';
import { imageParams, imageUpdateForm } from './wire.js';

/**
 * The update of the generation until v0.18.0: "Omit any form parts you do not wish to update. Existing metadata can be cleared by
 * sending `null` for the `metadata` form part."
 */
export const updateImageRoute = (server: RestServer, { images, present, forms }: MoovServices): void => {
  server.patch(
    '/accounts/:accountID/images/:imageID',
    {
      schema: {
        ...shared,
        operationId: 'patchImage',
        summary: 'Update an image, its metadata, both or nothing',
        params: imageParams,
        response: updateResponses,
      },
      config: { documented: { consumes: ['multipart/form-data'], body: imageUpdateForm } },
    },
    async ({ caller, params, raw }, reply) => {
      const image = await withUploadForm(forms, raw, (form) =>
        images.update(caller, { id: params.imageID, file: form.image, metadata: merging(form.metadata) }),
      );
      return reply.send(await presentImage(present, image));
    },
  );
};
