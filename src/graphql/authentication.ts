import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, isRetryable } from '../domain/errors.js';
import { type Authenticate, authorize, type Caller } from '../domain/identity/caller.js';
import { drainBriefly } from '../lib/drain-request.js';
import { mediaTypeOf } from '../lib/media-type.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** On whose behalf a GraphQL request runs. */
    caller: Caller;
  }
}

/** Not Basic: the browser would ask the user of GraphiQL for it, and then send it with other sites' requests too. */
export const challenge = 'Bearer realm="image-facade"';

/**
 * Makes an `onRequest` hook that authenticates and responds before the body is read: with 401 to credentials that are not valid, and
 * with 401 or 403 to an upload by a caller who may not write images, since no other operation accepts files.
 */
export const authenticateRequests =
  (authenticate: Authenticate) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    try {
      request.caller = await authenticate(request.headers.authorization, request.ip);
      if (mediaTypeOf(request.headers['content-type']) === 'multipart/form-data') {
        authorize(request.caller, 'images.write');
      }
      return undefined;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const { message, code } = error;
      if (code === 'UNAUTHENTICATED') reply.header('www-authenticate', challenge);
      if (isRetryable(error)) reply.header('retry-after', error.retryAfterSeconds);
      await drainBriefly(request.raw, reply.raw);
      return reply.code(statuses[code]).send({ errors: [{ message, extensions: { code } }] });
    }
  };

const statuses = { FORBIDDEN: 403, RATE_LIMITED: 429, UNAUTHENTICATED: 401 } as const;

const isRefusal = (error: unknown): error is DomainError & { readonly code: keyof typeof statuses } =>
  error instanceof DomainError && error.code in statuses;
