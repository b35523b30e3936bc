import type { FastifyReply, FastifyRequest } from 'fastify';

/** A request whose response was sent, or whose client has left. */
export interface FinishedRequest {
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
): void => {
  const beganAt = performance.now();
  const { socket } = request.raw;
  const bytesBefore = socket.bytesWritten;
  // unlike `finish`, this comes in every case
  raw.once('close', () =>
    finished({
      reqId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: raw.writableFinished ? raw.statusCode : 499,
      ms: performance.now() - beganAt,
      bytes: socket.bytesWritten - bytesBefore,
    }),
  );
};
