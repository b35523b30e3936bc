import { isGoZeroTime } from '../../domain/metal/metal-image-input.js';
import type { RestServer } from '../../web/rest-server.js';
import { bodyFailures, failure, notFound, oneImage, shared, updateHeaders } from './documentation.js';
import { matcherOf, sendImage } from './entity-tag.js';
import { decodeBody } from './go-json.js';
import type { MetalServices } from './metal-services.js';
import { inVendorWords } from './vendor-words.js';
import { imageUpdateRequest } from './wire.js';

/**
 * "Server treats everything except id as optional." The promise of the vendor's model, "changed since this one was read", is kept for
 * clients that say what they read: by `changed` in the body, or by `If-Match`.
 */
export const updateImageRoute = (server: RestServer, { metal }: MetalServices): void => {
  server.post<{ Body: Buffer | undefined }>(
    '/image',
    {
      schema: {
        ...shared,
        operationId: 'updateMetalImage',
        summary: 'Update a metal image',
        response: {
          ...bodyFailures,
          ...notFound,
          200: oneImage,
          409: failure('The image was changed since the client read it, or others keep changing it.'),
        },
      },
      config: { needs: 'metal.admin', documented: { headers: updateHeaders, body: imageUpdateRequest } },
    },
    async (request, reply) => {
      const { caller, body, headers } = request;
      const { id = '', changed, features, ...input } = decodeBody(imageUpdateRequest, body);
      const expectedChanged = changed && isGoZeroTime(changed) ? undefined : changed;
      // the vendor's server keeps the features if the list is empty
      const change = { ...input, features: features?.length ? features : undefined };
      const isExpected = matcherOf(headers['if-match']);
      const conflict = `cannot update image (${id}): the entity was changed from another, please retry`;
      const image = await metal
        .update(caller, { imageId: id, ...change, expectedChanged, isExpected })
        .catch(inVendorWords({ id, url: input.url, conflict }));
      return sendImage(request, reply, image);
    },
  );
};
