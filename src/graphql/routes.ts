import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionResult } from 'graphql';
import type { Authenticate } from '../domain/identity/caller.js';
import type { Limits } from '../domain/limits.js';
import { mediaTypeOf } from '../lib/media-type.js';
import { isUtf8Form, queryOf } from '../lib/utf8.js';
import { NodeServer } from '../web/connections/node-server.js';
import { probeWith } from '../web/connections/probes.js';
import { authenticateRequests } from './authentication.js';
import { refuseCrossSite } from './csrf.js';
import { defaultDocument } from './default-document.js';
import { caching, type DirectRequest, directRequestOf, plainResultHeaders, runDirectly } from './direct-execution.js';
import { createGraphiqlPage, wantsGraphiql } from './graphiql.js';
import { presentError } from './present-errors.js';
import { type QueryShortcutOptions, queryShortcut } from './query-shortcut.js';
import { headersForYoga } from './request-headers.js';
import {
  acceptForMultipart,
  emptyPart,
  multipartStream,
  multipartType,
  wantsMultipartSubscription,
} from './streams/multipart-subscriptions.js';
import { isStream } from './streams/stream-items.js';
import { streamPath, streamRoutes } from './streams/stream-routes.js';
import { createGraphqlServer, graphqlPath, type YogaOptions } from './yoga.js';

export interface GraphqlRouteOptions extends Omit<YogaOptions, 'log'> {
  readonly authenticate: Authenticate;
  /** Whether a client without a key may do next to nothing, which GraphiQL then says. */
  readonly asksForKey: boolean;
  readonly graphiql: boolean;
  /** Whether plain requests run without Yoga's own requests and responses; the result is the same, and faster. */
  readonly direct: boolean;
  /** Null if a request has to pass hooks that the shortcut knows nothing of. */
  readonly shortcut: Omit<QueryShortcutOptions, 'graphql' | 'confirm' | 'log'> | null;
}

/** Mounts GraphQL and GraphiQL at one path, in a scope of its own: bodies and errors are handled as GraphQL has them. */
export const graphqlRoutes = async (server: FastifyInstance, options: GraphqlRouteOptions): Promise<void> => {
  const graphql = createGraphqlServer({ ...options, log: server.log });
  const { yoga } = graphql;
  if (options.shortcut && server.server instanceof NodeServer) {
    const { confirm, shortcut } = options;
    server.server.addShortcut(queryShortcut({ ...shortcut, graphql, confirm, log: server.log }));
  }
  const graphiqlPage = createGraphiqlPage({
    endpoint: graphqlPath,
    defaultQuery: () => defaultDocument(options.asksForKey),
  });

  server.removeAllContentTypeParsers();
  // uploads stream from the socket to the disk; other bodies are small and Fastify holds them to their limit
  server.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null));
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addHook('onRequest', refuseCrossSite);
  server.addHook('onRequest', authenticateRequests(options.authenticate));
  server.addHook('preHandler', async (request, reply) => {
    const fault = encodingFaultOf(request);
    if (fault) return reply.code(400).send({ errors: [{ message: fault, extensions: { code: 'BAD_REQUEST' } }] });
    return undefined;
  });
  server.setErrorHandler((error: { statusCode?: number; message: string }, request, reply) =>
    handleError(error, request, reply, options.services.limits),
  );

  const sendByYoga = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { accept = '' } = request.headers;
    const isMultipart = wantsMultipartSubscription(accept);
    const nodeRequest = nodeRequestOf(request, isMultipart ? acceptForMultipart(accept) : undefined);
    const response = await yoga.handleNodeRequestAndResponse(nodeRequest, reply.raw, { req: request, reply });
    if (!isMultipart || !isStream(response)) return sendResponse(reply, response);
    probeWith(reply.raw, emptyPart);
    return reply
      .headers({ 'content-type': multipartType, 'cache-control': 'no-store' })
      .send(multipartStream(response));
  };

  const sendDirectly = async (
    request: FastifyRequest,
    reply: FastifyReply,
    direct: DirectRequest,
  ): Promise<FastifyReply> => {
    const result = await runDirectly(graphql, direct, { req: request, reply }, options.services.limits);
    if (!result.errors && !result.extensions) return sendPlainResult(reply, direct.type, result);
    // Yoga knows which status and headers errors have
    const context = { req: request, reply, finished: result };
    return sendResponse(
      reply,
      await yoga.handleNodeRequestAndResponse(nodeRequestOf(request, undefined), reply.raw, context),
    );
  };

  server.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: graphqlPath,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      if (options.graphiql && wantsGraphiql(request.method, request.headers)) {
        const page = await graphiqlPage(request);
        return reply.code(page.status).headers(page.headers).send(page.body);
      }
      const { method, headers, body } = request;
      const isPlain = options.direct && method === 'POST' && Buffer.isBuffer(body);
      const direct = isPlain ? directRequestOf(headers, body, options.trusted) : undefined;
      if (direct) return sendDirectly(request, reply, direct);
      return sendByYoga(request, reply);
    },
  });
  server.route({
    method: ['HEAD', 'PUT', 'PATCH', 'DELETE'],
    url: graphqlPath,
    handler: (request, reply) =>
      reply
        .code(405)
        .headers({ allow: 'GET, POST, OPTIONS', 'cache-control': 'no-store' })
        .send(methodNotAllowed(request.method)),
  });
  streamRoutes(server, {
    limits: options.services.limits,
    clientOf: options.clientOf,
    run: async (request, reply, body) => {
      const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
      return yoga.fetch(
        `http://localhost${graphqlPath}`,
        { method: 'POST', headers, body: body.toString() },
        { req: request, reply },
      );
    },
    send: sendResponse,
  });
};

const methodNotAllowed = (method: string) => ({
  errors: [
    {
      message: `${method} is not served here: GraphQL accepts POST, and GET for queries. graphql-sse's single connection is at ${streamPath}.`,
      extensions: { code: 'METHOD_NOT_ALLOWED' },
    },
  ],
});

/** The request as Yoga reads it: with the body that Fastify has read, or the socket if nobody has. */
const nodeRequestOf = (request: FastifyRequest, accept: string | undefined) => {
  const { raw, method, body } = request;
  const headers = headersForYoga(request.headers);
  if (!Buffer.isBuffer(body) && accept === undefined) {
    Object.assign(raw.headers, headers);
    return raw;
  }
  const read = Buffer.isBuffer(body) ? { body: Readable.from([body]) } : {};
  return { raw, method, url: raw.url, headers: accept === undefined ? headers : { ...headers, accept }, ...read };
};

/** What is wrong with the text of a request: its decoders would put U+FFFD in the place of what is no UTF-8. */
const encodingFaultOf = ({ url, body, headers }: FastifyRequest): string | undefined => {
  if (!isUtf8Form(queryOf(url))) return 'The query of the URL has escapes that are not valid UTF-8.';
  if (!Buffer.isBuffer(body)) return undefined;
  const isForm = mediaTypeOf(headers['content-type']) === 'application/x-www-form-urlencoded';
  const isText = isUtf8(body) && !(isForm && !isUtf8Form(body.toString('latin1')));
  return isText ? undefined : 'The body is not valid UTF-8. Send it in UTF-8, whatever its Content-Type says.';
};

const handleError = (
  fault: { statusCode?: number; message: string },
  request: FastifyRequest,
  reply: FastifyReply,
  { jsonBytes }: Limits,
): FastifyReply => {
  const { statusCode = 500, message } = fault;
  if (statusCode >= 500) return reply.code(500).send({ errors: [presentError(fault, request.log)] });
  const shown = statusCode === 413 ? `The body is larger than ${jsonBytes} bytes, the most that is accepted.` : message;
  return reply
    .code(statusCode)
    .send({ errors: [{ message: shown, extensions: { code: statusCode === 429 ? 'RATE_LIMITED' : 'BAD_REQUEST' } }] });
};

/** What Yoga refuses without a word, by status: code and message. */
const wordless: Readonly<Record<number, readonly [code: string, message: string]>> = {
  406: [
    'NOT_ACCEPTABLE',
    'Accept names no type that is served here. A result is application/graphql-response+json or application/json. ' +
      'A subscription is text/event-stream, or multipart/mixed with subscriptionSpec=1.0.',
  ],
  415: [
    'UNSUPPORTED_MEDIA_TYPE',
    'A POST is application/json, multipart/form-data with files, application/graphql or application/x-www-form-urlencoded.',
  ],
};

/** Sends a result that has neither errors nor extensions, as Yoga does. */
const sendPlainResult = (reply: FastifyReply, type: string, result: ExecutionResult): FastifyReply =>
  reply.headers(plainResultHeaders(type)).send(JSON.stringify(result));

/** Sends what Yoga responds: one result as a whole, so that it can be compressed, and a stream as it comes. */
const sendResponse = async (reply: FastifyReply, response: Response): Promise<FastifyReply> => {
  const type = response.headers.get('content-type') ?? '';
  if (type !== '' && !/^application\/(?:graphql-response\+)?json\b/.test(type)) return reply.send(response);
  const text = await response.text();
  const refusal = text === '' ? wordless[response.status] : undefined;
  const body = refusal ? JSON.stringify({ errors: [{ message: refusal[1], extensions: { code: refusal[0] } }] }) : text;
  reply
    .code(response.status)
    .headers(Object.fromEntries(response.headers))
    .header('cache-control', caching)
    .removeHeader('content-length');
  if (refusal) reply.header('content-type', 'application/json; charset=utf-8').removeHeader('accept');
  return reply.send(body);
};
