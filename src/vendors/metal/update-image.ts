import type { RestServer } from '../../http/rest-server.js';
import { decodeBody } from './decode-body.js';
import { bodyFailures, failure, notFound, oneImage, shared } from './documentation.js';
import type { MetalServices } from './metal-scope.js';
import { toWire } from './translate.js';
import { imageUpdateRequest } from './wire.js';

/** "Server treats everything except id as optional"; "a client sending old data always wins over earlier finished updates". */
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
          409: failure('The image was changed by another while this ran.'),
        },
      },
      config: { needs: 'metal.admin', documented: { body: imageUpdateRequest } },
    },
    async ({ caller, body }, reply) => {
      const { id = '', ...input } = decodeBody(imageUpdateRequest, body);
      return reply.send(toWire(await metal.update(caller, { imageId: id, ...input })));
    },
  );
};
