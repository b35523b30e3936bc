import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Waiter } from '../../lib/single-flight.js';
import { clientAt } from './rate-limit.js';

/** The client that queues share their places by: the key, or the address if there is none. */
export const clientOf = (request: FastifyRequest): string => request.caller?.keyId ?? clientAt(request.ip);

/** The client of a request as one that waits for work, until it has its response or leaves. */
export const waiterOf = (request: FastifyRequest, reply: FastifyReply): Waiter => ({
  client: clientOf(request),
  signal: clientGone(reply),
});

/** Completes the caller of each request, once it is authenticated, with its client. */
export const identifyClients = (server: FastifyInstance): void => {
  server.addHook('preParsing', (request, _reply, _payload, done) => {
    if (request.caller) request.caller = { ...request.caller, client: clientOf(request) };
    done();
  });
};

/** Why work for a client ended early. No client gets the status; logs and metrics show it, as nginx does. */
class ClientGoneError extends Error {
  readonly statusCode = 499;
}

/** Aborts if the client leaves before it has its response. */
const clientGone = ({ raw }: FastifyReply): AbortSignal => {
  const controller = new AbortController();
  const leave = (): void => {
    if (!raw.writableFinished) controller.abort(new ClientGoneError('The client left.'));
  };
  if (raw.destroyed) leave();
  else raw.once('close', leave);
  return controller.signal;
};
