import { Readable } from 'node:stream';
import cors from '@fastify/cors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticate } from '../domain/caller.js';
import type { Limits } from '../domain/limits.js';
import { authenticateRequests } from './authentication.js';
import { refuseCrossSite } from './csrf.js';
import { defaultDocument } from './default-document.js';
import { createGraphiqlPage, wantsGraphiql } from './graphiql.js';
import { presentError } from './present-errors.js';
import { createGraphqlServer, graphqlPath, type YogaOptions } from './yoga.js';

export interface GraphqlRouteOptions extends Omit<YogaOptions, 'log'> {
  readonly authenticate: Authenticate;
  /** Whether who sends no key may do next to nothing, which GraphiQL tells. */
  readonly asksForKey: boolean;
  readonly graphiql: boolean;
  /** The origins whose pages may call; none by default. */
  readonly corsOrigins: readonly string[];
  /** Where clients reach this server; known once it listens. */
  readonly baseUrl: () => string;
}

/** Mounts GraphQL and GraphiQL at one path, in a scope of its own: bodies and errors are handled as GraphQL has them. */
export const graphqlRoutes = async (server: FastifyInstance, options: GraphqlRouteOptions): Promise<void> => {
  const yoga = createGraphqlServer({ ...options, log: server.log });
  const graphiqlPage = createGraphiqlPage({
    endpoint: graphqlPath,
    defaultQuery: () => defaultDocument(options.baseUrl(), options.asksForKey),
  });

  if (options.corsOrigins.length > 0) {
    await server.register(cors, { origin: [...options.corsOrigins], exposedHeaders: ['X-Request-ID'], maxAge: 600 });
  }
  server.removeAllContentTypeParsers();
  // uploads stream from the socket to the disk; other bodies are small and Fastify holds them to their limit
  server.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null));
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addHook('onRequest', refuseCrossSite);
  server.addHook('onRequest', authenticateRequests(options.authenticate));
  server.setErrorHandler((error: { statusCode?: number; message: string }, request, reply) =>
    answerFault(error, request, reply, options.services.limits),
  );

  server.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: graphqlPath,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      if (options.graphiql && wantsGraphiql(request.method, request.headers)) {
        const page = await graphiqlPage(request);
        return reply.code(page.status).headers(page.headers).send(page.body);
      }
      const response = await yoga.handleNodeRequestAndResponse(nodeRequestOf(request), reply.raw, {
        req: request,
        reply,
      });
      return reply.send(response);
    },
  });
};

/** The request as Yoga reads it: with the body that Fastify has read, or the socket where nobody has. */
const nodeRequestOf = (request: FastifyRequest) =>
  Buffer.isBuffer(request.body)
    ? { raw: request.raw, method: request.method, headers: request.headers, body: Readable.from([request.body]) }
    : request.raw;

const answerFault = (
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
