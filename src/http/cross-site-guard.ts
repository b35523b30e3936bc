import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ForbiddenError } from '../domain/errors.js';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a browser sends the request for a page of another site. Programs send neither header. Behind a trusted proxy, `host` is the proxy's. */
const isForeign = ({ host, headers: { origin, 'sec-fetch-site': site } }: FastifyRequest): boolean => {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host);
};

/**
 * A form of any site can send a multipart POST here with the rights of this machine, or of a key that the browser keeps: routes that
 * change something refuse requests from other sites. GraphQL has its own rule, which lets configured origins pass.
 */
export const guardAgainstForeignPages = (server: FastifyInstance): void => {
  server.addHook('onRequest', async (request) => {
    if (!safeMethods.has(request.method) && isForeign(request)) {
      throw new ForbiddenError(
        'A page of another site may not change anything here. Call from a server, or by GraphQL.',
      );
    }
  });
};
