import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { ForbiddenError } from '../domain/errors.js';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a browser sends the request for a page of another site. Programs send neither header. */
const isForeign = ({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean => {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host);
};

/**
 * A form of any site can send a multipart POST here, in the name of whoever sits at this machine or has given the browser a key:
 * routes that change something refuse what comes from another site. GraphQL has its own rule, which lets configured origins pass.
 */
export const guardAgainstForeignPages = (server: FastifyInstance): void => {
  server.addHook('onRequest', async ({ method, headers }) => {
    if (!safeMethods.has(method) && isForeign(headers)) {
      throw new ForbiddenError(
        'A page of another site may not change anything here. Call from a server, or by GraphQL.',
      );
    }
  });
};
