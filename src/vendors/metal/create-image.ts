import type { RestServer } from '../../web/rest-server.js';
import { bodyFailures, failure, oneImage, shared } from './documentation.js';
import { sendImage } from './entity-tag.js';
import { decodeBody } from './go-json.js';
import type { MetalServices } from './metal-services.js';
import { inVendorWords } from './vendor-words.js';
import { imageCreateRequest } from './wire.js';

/** "metal-go: 201 → ok, other 2xx → returned as an ERROR"; "metalctl apply → PUT, and on HTTP 409 falls back to POST". */
export const createImageRoute = (server: RestServer, { metal }: MetalServices): void => {
  server.put<{ Body: Buffer | undefined }>(
    '/image',
    {
      schema: {
        ...shared,
        operationId: 'createMetalImage',
        summary: 'Create a metal image',
        response: { ...bodyFailures, 201: oneImage, 409: failure('The id is taken.') },
      },
      config: { needs: 'metal.admin', documented: { body: imageCreateRequest } },
    },
    async (request, reply) => {
      const { id = '', ...input } = decodeBody(imageCreateRequest, request.body);
      const conflict = `cannot create image in database, entity already exists: ${id}`;
      const image = await metal
        .create(request.caller, { imageId: id, ...input })
        .catch(inVendorWords({ id, url: input.url, conflict }));
      return sendImage(request, reply.code(201), image);
    },
  );
};
