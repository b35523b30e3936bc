import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { extensionOf } from '../../domain/images/image.js';
import type { RestServer } from '../../web/rest-server.js';
import { documentedHeaders, shared, uploadFailures } from './documentation.js';
import type { GleanServices } from './glean-services.js';
import { withReceivedFile } from './receive-file.js';
import { addressOfUpload, toUploadResponse } from './translate.js';
import { uploadImageResponse, uploadQuery } from './wire.js';

/** "Content is in the POST body, metadata is in the URL." What is at the address already is replaced. */
export const uploadImageRoute = (server: RestServer, services: GleanServices): void => {
  const { images, accountOf, limits, baseUrl } = services;
  server.post(
    '/rest/api/v1/uploadimage',
    {
      schema: {
        ...shared,
        operationId: 'uploadimage',
        summary: 'Upload an image to an address, or replace the one that is there',
        querystring: uploadQuery,
        response: {
          ...uploadFailures,
          200: { description: 'The image.', content: { 'application/json': { schema: uploadImageResponse } } },
        },
      },
      config: {
        documented: {
          consumes: ['image/*', 'application/octet-stream'],
          body: z
            .file()
            .describe(
              'The PNG, JPEG, WebP, AVIF or GIF file; its type is read from its bytes, not from its Content-Type.',
            ),
          headers: z.object(documentedHeaders),
        },
      },
      onRequest: async ({ raw }) => {
        // whatever it is, it says nothing of the body: clients send `image/*`, octet-stream, several, or what they like
        delete raw.headers['content-type'];
      },
    },
    async ({ caller, query, raw }, reply) => {
      const accountId = accountOf(caller, 'images.write');
      const address = addressOfUpload(query, randomUUID, limits);
      const image = await withReceivedFile(services, raw, (file) =>
        images.uploadAddressed(caller, { accountId, address, file }),
      );
      const [metadata] = await images.findMetadata([image.id]);
      // an address that is known with its document keeps it
      const known = metadata?.address ?? address;
      return reply.send(toUploadResponse(baseUrl(), known, extensionOf(image.mimeType)));
    },
  );
};
