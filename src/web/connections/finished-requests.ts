import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A request whose response was sent, or whose client has left. */
export interface FinishedRequest {
  readonly response: ServerResponse;
  readonly reqId: string;
  readonly method: string;
  /** The pattern of the route, never the path: paths are many, and a public id is known only to those it was given to. */
  readonly route: string;
  /** 499 if the client left before it had the whole response. */
  readonly status: number;
  readonly ms: number;
  /** What went out, with the head. */
  readonly bytes: number;
}

/** Reports a request once it is over. */
export const watchRequest = (
  request: FastifyRequest,
  { raw }: FastifyReply,
  finished: (request: FinishedRequest) => void,
): void => void watchResponse(raw, { reqId: request.id, route: () => request.routeOptions.url ?? 'none' }, finished);

/**
 * Reports a request by its response, once it is out or its client has left.
 * @returns Stops that: somebody else reports it.
 */
export const watchResponse = (
  response: ServerResponse,
  { reqId, route }: { readonly reqId: string; readonly route: () => string },
  finished: (request: FinishedRequest) => void,
): (() => void) => {
  const beganAt = performance.now();
  const { method = '', socket } = response.req;
  const bytesBefore = socket.bytesWritten;
  const report = () =>
    finished({
      response,
      reqId,
      method,
      route: route(),
      status: response.writableFinished ? response.statusCode : 499,
      ms: performance.now() - beganAt,
      bytes: socket.bytesWritten - bytesBefore,
    });
  // unlike `finish`, this comes in every case
  response.once('close', report);
  return () => void response.off('close', report);
};
