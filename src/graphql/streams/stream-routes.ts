import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Limits } from '../../domain/limits.js';
import { EventStreams } from './event-streams.js';

export const streamPath = '/graphql/stream';

export interface StreamRouteOptions {
  readonly limits: Limits;
  /** The key of a request, or its address if it has none. */
  readonly clientOf: (request: FastifyRequest) => string;
  /** Runs a GraphQL request of JSON for the caller of the request, as a stream of events. */
  readonly run: (request: FastifyRequest, reply: FastifyReply, body: Buffer) => Promise<Response>;
  readonly send: (reply: FastifyReply, response: Response) => Promise<FastifyReply>;
}

const maxOperationIdLength = 128;
const tokenHeader = 'x-graphql-event-stream-token';

/**
 * graphql-sse in single-connection mode: PUT reserves a stream, GET opens it, each POST starts an operation whose results go there, and
 * DELETE stops one. A token belongs to the key, or the address, that reserved it. GET may come without the key, as EventSource cannot
 * send one: the token is as hard to guess, opens its stream once and soon, and starts nothing.
 */
export const streamRoutes = (server: FastifyInstance, { limits, clientOf, run, send }: StreamRouteOptions): void => {
  const streams = new EventStreams(limits);
  // open streams would keep the server from closing
  server.addHook('preClose', async () => streams.closeAll());

  const ownStream = (request: FastifyRequest) => {
    const stream = streams.find(tokenOf(request));
    return stream?.owner === clientOf(request) ? stream : undefined;
  };

  server.put(streamPath, (request, reply) => {
    const token = streams.reserve(clientOf(request));
    if (token === undefined) return refuse(reply, 429, 'LIMIT_EXCEEDED', tooManyStreams(limits));
    return reply
      .code(201)
      .headers({ 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' })
      .send(token);
  });

  server.route({
    method: 'GET',
    url: streamPath,
    handler: (request, reply) => {
      const stream = request.headers.authorization ? ownStream(request) : streams.find(tokenOf(request));
      if (!stream) return refuse(reply, 404, 'NOT_FOUND', noStream);
      if (stream.isOpen) return refuse(reply, 409, 'CONFLICT', 'The stream is open already. Reserve another by PUT.');
      stream.open();
      return reply
        .headers({
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        })
        .send(stream.output);
    },
  });

  server.post(streamPath, async (request, reply) => {
    const stream = ownStream(request);
    if (!stream) return refuse(reply, 404, 'NOT_FOUND', noStream);
    if (!stream.isOpen) return refuse(reply, 409, 'CONFLICT', 'Open the stream by GET before the first operation.');
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const operationId = operationIdIn(body);
    if (operationId === undefined) return refuse(reply, 400, 'BAD_REQUEST', noOperationId);
    if (stream.has(operationId))
      return refuse(reply, 409, 'CONFLICT', 'An operation with this operationId is running.');
    if (stream.isFull) return refuse(reply, 429, 'LIMIT_EXCEEDED', tooManyOperations(limits));
    const refusal = await stream.start(operationId, () => run(request, reply, body));
    return refusal ? send(reply, refusal) : reply.code(202).header('cache-control', 'no-store').send();
  });

  server.delete<{ Querystring: { operationId?: string } }>(streamPath, (request, reply) => {
    const stream = ownStream(request);
    if (!stream) return refuse(reply, 404, 'NOT_FOUND', noStream);
    const { operationId } = request.query;
    if (typeof operationId !== 'string')
      return refuse(reply, 400, 'BAD_REQUEST', 'The parameter operationId is missing.');
    stream.stop(operationId);
    return reply.header('cache-control', 'no-store').send();
  });
};

const tokenOf = ({ headers, query, method }: FastifyRequest): string | undefined => {
  const inHeader = headers[tokenHeader];
  if (typeof inHeader === 'string') return inHeader;
  const { token } = query as { token?: unknown };
  return method === 'GET' && typeof token === 'string' ? token : undefined;
};

const operationIdIn = (body: Buffer): string | undefined => {
  try {
    const id: unknown = JSON.parse(body.toString()).extensions?.operationId;
    return typeof id === 'string' && id !== '' && id.length <= maxOperationIdLength ? id : undefined;
  } catch {
    return undefined;
  }
};

const refuse = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply
    .code(status)
    .headers({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
    .send({ errors: [{ message, extensions: { code } }] });

const noStream =
  `No stream has this token. Reserve one by PUT ${streamPath}, open it by GET within 30 seconds, and send the token in X-GraphQL-Event-Stream-Token. ` +
  'For a connection of its own for each operation use POST /graphql.';
const noOperationId = `Send a GraphQL request as JSON, with extensions.operationId: 1 to ${maxOperationIdLength} characters.`;
const tooManyStreams = ({ eventStreamsPerClient }: Limits): string =>
  `This client has ${eventStreamsPerClient} event streams, the most that it may have. Close one first.`;
const tooManyOperations = ({ eventStreamOperations }: Limits): string =>
  `The stream carries ${eventStreamOperations} operations, the most that it may carry. Stop one first.`;
