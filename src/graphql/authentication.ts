import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Authenticate, type Caller, isAnonymous } from '../domain/caller.js';
import { UnauthenticatedError } from '../domain/errors.js';
import { drainBriefly } from '../lib/drain-request.js';
import { mediaTypeOf } from '../lib/media-type.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** On whose behalf a GraphQL request runs. */
    caller: Caller;
  }
}

/** Not Basic, for which the browser would ask the user of GraphiQL, and send what it got with other sites' requests too. */
export const challenge = 'Bearer realm="image-facade"';

/**
 * Makes an `onRequest` hook that finds out who asks and answers 401 before the body is read: to wrong credentials, and to an upload
 * without any, which nothing that takes files would allow.
 */
export const authenticateRequests =
  (authenticate: Authenticate) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    try {
      request.caller = await authenticate(request.headers.authorization);
      if (isAnonymous(request.caller) && mediaTypeOf(request.headers['content-type']) === 'multipart/form-data') {
        throw new UnauthenticatedError('An upload needs a key with the scope images.write.');
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof UnauthenticatedError)) throw error;
      const { message, code } = error;
      await drainBriefly(request.raw, reply.raw);
      return reply
        .code(401)
        .header('www-authenticate', challenge)
        .send({ errors: [{ message, extensions: { code } }] });
    }
  };
