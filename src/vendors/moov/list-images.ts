import { z } from 'zod';
import type { RestServer } from '../../web/rest-server.js';
import { failures, json, shared } from './documentation.js';
import type { MoovServices } from './moov-services.js';
import { accountParams, imageMetadata, listQuery } from './wire.js';

/** All of the account's images, newest first, the disabled ones too. "List is a bare JSON array, no envelope, no total count." */
export const listImagesRoute = (server: RestServer, { images, present }: MoovServices): void => {
  server.get(
    '/accounts/:accountID/images',
    {
      schema: {
        ...shared,
        operationId: 'listImageMetadata',
        summary: 'List the images of an account, newest first',
        params: accountParams,
        querystring: listQuery,
        response: { ...failures, 200: json('The images, disabled ones included.', z.array(imageMetadata)) },
      },
    },
    async ({ caller, params, query }, reply) => {
      const { items } = await images.page(caller, { accountId: params.accountID }, query);
      return reply.send(await present(items));
    },
  );
};
