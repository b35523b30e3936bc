import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ForbiddenError } from '../../domain/errors.js';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a browser sends the request for a page of another site. Programs send neither header. Behind a trusted proxy, `host` is the proxy's. */
const isForeign = ({ host, headers: { origin, 'sec-fetch-site': site } }: FastifyRequest): boolean => {
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host);
};

/**
 * A form of any site can send a multipart POST here with the rights of this machine, or of a key that the browser keeps: routes that
 * change something refuse requests from other sites. Pages of the configured origins may. GraphQL has a rule of its own.
 */
export const guardAgainstForeignPages = (server: FastifyInstance, origins: readonly string[]): void => {
  server.addHook('onRequest', async (request) => {
    const { origin = '' } = request.headers;
    if (!safeMethods.has(request.method) && isForeign(request) && !origins.includes(origin)) {
      throw new ForbiddenError(
        'A page of another site may not change anything here. Call from a server, or add the origin to CORS_ORIGINS.',
      );
    }
  });
};
