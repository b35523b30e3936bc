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
import { refuseEncodedBodies } from './bodies/encoded-bodies.js';
import { type FinishedRequest, watchRequest } from './connections/finished-requests.js';
import { type AroundRequest, handleClientError, NodeServer, type Shortcut } from './connections/node-server.js';
import { endStalledBodies, type ServerTimeouts } from './connections/timeouts.js';
import { maskedMessage, statusOf } from './errors.js';
import { challenge } from './guards/credentials.js';
import { refuseAmbiguousHosts } from './guards/host-guard.js';
import { ServedPaths } from './guards/served-paths.js';
import { RequestLog } from './log.js';

export interface ServerOptions {
  readonly limits: Limits;
  readonly log: FastifyBaseLogger;
  readonly timeouts: ServerTimeouts;
  readonly shortcut: Shortcut;
  readonly around?: AroundRequest | undefined;
  /** Whose `X-Forwarded-For`, `-Host` and `-Proto` say what the client asked for; anybody else's are ignored. */
  readonly trustedProxies: readonly string[];
  /** What a request's URL is routed as. */
  readonly rewriteUrl: (url: string) => string;
  readonly finished: (request: FinishedRequest) => void;
}

/** In UTF-16 units, up to two for a character: the longest ids have 255 characters. */
const maxParamLength = 512;

/** A Fastify server with what every route shares: request ids, time-outs, and errors as JSON that never contain internals. */
export const createServer = ({
  limits,
  log,
  timeouts,
  shortcut,
  around,
  trustedProxies,
  rewriteUrl,
  finished,
}: ServerOptions): FastifyInstance => {
  const server = Fastify({
    loggerInstance: log,
    childLoggerFactory: (parent, bindings) => new RequestLog(parent, bindings),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    exposeHeadRoutes: false,
    bodyLimit: limits.jsonBytes,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    serverFactory: (listener) => new NodeServer(timeouts, shortcut, listener, around),
    return503OnClosing: false,
    clientErrorHandler: handleClientError,
    rewriteUrl: ({ url = '/' }) => rewriteUrl(url),
    routerOptions: { maxParamLength, ignoreTrailingSlash: false },
    // no hook sees a URL whose path cannot be decoded
    frameworkErrors: (_error, request, reply) => {
      watchRequest(request, reply, finished);
      refuseUnroutable(request, reply);
    },
  });
  server.addHook('onRequest', (request, reply, done) => {
    watchRequest(request, reply, finished);
    reply.header('x-request-id', request.id);
    done();
  });
  refuseAmbiguousHosts(server);
  refuseEncodedBodies(server);
  endStalledBodies(server, timeouts.bodyInactivity);
  const served = new ServedPaths(server);
  server.setNotFoundHandler(({ method, url }, reply) => {
    const allowed = served.methodsAt(url);
    const path = url.split('?', 1)[0];
    reply.headers(errorHeaders);
    if (allowed.length === 0 || allowed.includes(method)) {
      return reply.code(404).send({ error: `Nothing is served at ${method} ${path}.` });
    }
    const methods = allowed.join(', ');
    return reply
      .code(405)
      .header('allow', methods)
      .send({ error: `${method} is not served at ${path}, only ${methods}.` });
  });
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const { statusCode, message } = describe(error);
    if (statusCode >= 500 && !(error instanceof DomainError)) request.log.error({ err: error }, 'request failed');
    // headers that a route set for its success do not hold for its failure
    reply
      .removeHeader('etag')
      .removeHeader('content-length')
      .removeHeader('content-disposition')
      .removeHeader('repr-digest');
    if (error instanceof UnauthenticatedError) reply.header('www-authenticate', challenge);
    if (isRetryable(error)) reply.header('retry-after', error.retryAfterSeconds);
    return reply.code(statusCode).headers(errorHeaders).send({ error: message });
  });
  return server;
};

const errorHeaders = { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' };

const refuseUnroutable = (request: FastifyRequest, reply: FastifyReply): void => {
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
