import type { FastifyReply } from 'fastify';

/** Why work for a client ended early. No client gets the status; logs and metrics show it, as nginx does. */
class ClientGoneError extends Error {
  readonly statusCode = 499;
}

/** Aborts if the client leaves before it has its response. */
export const clientGone = ({ raw }: FastifyReply): AbortSignal => {
  const controller = new AbortController();
  const leave = (): void => {
    if (!raw.writableFinished) controller.abort(new ClientGoneError('The client left.'));
  };
  if (raw.destroyed) leave();
  else raw.once('close', leave);
  return controller.signal;
};
