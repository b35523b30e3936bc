import type { FastifyReply } from 'fastify';

/** Why work for a client ended early. Nobody gets the status; logs and metrics show it, as nginx has it. */
class ClientGoneError extends Error {
  readonly statusCode = 499;
}

/** Aborts when the client leaves before it has its answer. */
export const clientGone = ({ raw }: FastifyReply): AbortSignal => {
  const controller = new AbortController();
  const leave = (): void => {
    if (!raw.writableFinished) controller.abort(new ClientGoneError('The client left.'));
  };
  if (raw.destroyed) leave();
  else raw.once('close', leave);
  return controller.signal;
};
