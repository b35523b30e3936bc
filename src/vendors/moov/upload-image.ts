import { z } from 'zod';
import { DuplicateImageError } from '../../domain/errors.js';
import type { RestServer } from '../../web/rest-server.js';
import { json, oneImage, shared, uploadFailures } from './documentation.js';
import type { MoovServices } from './moov-services.js';
import { presentImage, replacing } from './translate.js';
import { requireImage, withUploadForm } from './upload-form.js';
import { parseVersion, reportsDuplicate } from './version.js';
import { accountParams, genericError, imageMetadata, imageUploadForm } from './wire.js';

/** "Upload a new PNG, JPEG, or WebP image with optional metadata. Duplicate images, and requests larger than 16MB will be rejected." */
export const uploadImageRoute = (server: RestServer, { images, present, forms }: MoovServices): void => {
  server.post(
    '/accounts/:accountID/images',
    {
      schema: {
        ...shared,
        operationId: 'uploadImage',
        summary: 'Upload a PNG, JPEG or WebP image',
        params: accountParams,
        response: {
          ...uploadFailures,
          201: oneImage,
          409: json(
            'The account has this image already: a GenericError, and from X-Moov-Version v2026.10.00 on that image.',
            z.union([genericError, imageMetadata]),
          ),
        },
      },
      config: { documented: { consumes: ['multipart/form-data'], body: imageUploadForm } },
    },
    async ({ caller, params, raw, headers }, reply) => {
      try {
        const { image } = await withUploadForm(forms, raw, (form) =>
          images.upload(caller, {
            accountId: params.accountID,
            file: requireImage(form),
            metadata: replacing(form.metadata),
          }),
        );
        return reply.code(201).send(await presentImage(present, image));
      } catch (error) {
        if (!(error instanceof DuplicateImageError) || !reportsDuplicate(parseVersion(headers['x-moov-version'])))
          throw error;
        return reply.code(409).send(await presentImage(present, error.existing));
      }
    },
  );
};
