import { randomUUID } from 'node:crypto';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { DomainError, isRetryable, UnauthenticatedError } from '../domain/errors.js';
import type { Limits } from '../domain/limits.js';
import { challenge } from './credentials.js';
import { maskedMessage, statusOf } from './errors.js';
import { type FinishedRequest, watchRequest } from './finished-requests.js';
import { NodeServer, type Shortcut } from './node-server.js';
import { endStalledBodies } from './stalled-bodies.js';
import type { ServerTimeouts } from './timeouts.js';

export interface ServerOptions {
  readonly limits: Limits;
  readonly log: FastifyBaseLogger;
  readonly timeouts: ServerTimeouts;
  readonly shortcut: Shortcut;
  readonly finished: (request: FinishedRequest) => void;
}

/** In UTF-16 units, of which a character has up to two: the longest ids have 255 characters. */
const maxParamLength = 512;

/** A Fastify server with what every route shares: request ids, time-outs, and errors as JSON that never tell internals. */
export const createServer = ({ limits, log, timeouts, shortcut, finished }: ServerOptions): FastifyInstance => {
  const server = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    exposeHeadRoutes: false,
    bodyLimit: limits.jsonBytes,
    serverFactory: (listener) => new NodeServer(timeouts, shortcut, listener),
    return503OnClosing: false,
    routerOptions: { maxParamLength, ignoreTrailingSlash: false },
    // no hook sees a URL that no route can be looked up for
    frameworkErrors: (_error, request, reply) => {
      watchRequest(request, reply, finished);
      answerUnroutable(request, reply);
    },
  });
  server.addHook('onRequest', (request, reply, done) => {
    watchRequest(request, reply, finished);
    reply.header('x-request-id', request.id);
    done();
  });
  endStalledBodies(server, timeouts.bodyInactivity);
  server.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .header('cache-control', 'no-store')
      .send({ error: `Nothing is served at ${request.method} ${request.url.split('?', 1)[0]}.` }),
  );
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const { statusCode, message } = describe(error);
    if (statusCode >= 500 && !(error instanceof DomainError)) request.log.error({ err: error }, 'request failed');
    // what a route said of its success does not hold for its failure
    reply.removeHeader('etag').removeHeader('content-length').removeHeader('content-disposition');
    if (error instanceof UnauthenticatedError) reply.header('www-authenticate', challenge);
    if (isRetryable(error)) reply.header('retry-after', error.retryAfterSeconds);
    return reply.code(statusCode).headers(errorHeaders).send({ error: message });
  });
  return server;
};

const errorHeaders = { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' };

const answerUnroutable = (request: FastifyRequest, reply: FastifyReply): void => {
  reply
    .code(400)
    .headers({ ...errorHeaders, 'x-request-id': request.id })
    .send({ error: 'The path of the URL has malformed escapes, or a part that is longer than any id.' });
};

const describe = (error: FastifyError): { statusCode: number; message: string } => {
  if (error instanceof DomainError) return { statusCode: statusOf(error), message: error.message };
  const statusCode = error.statusCode ?? 500;
  if (statusCode >= 500) return { statusCode: 500, message: maskedMessage };
  return { statusCode, message: error.message };
};
