import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Caller } from '../domain/identity/caller.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** On whose behalf the request runs; known before its body is read. */
    caller: Caller;
  }
}

/** The scope of a vendor's routes, whose schemas are zod's and whose requests have a caller. */
export type RestServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
