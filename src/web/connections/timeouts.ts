import type { FastifyInstance } from 'fastify';
import { hasBody } from '../bodies/encoded-bodies.js';

/** How long the server bears a slow client, and itself when it stops. In milliseconds. */
export interface ServerTimeouts {
  /** For the whole head of a request; a client that dribbles its headers gives its place back. */
  readonly headers: number;
  /** For the whole of a request, head and body. */
  readonly request: number;
  /** Between two chunks of a body. */
  readonly bodyInactivity: number;
  /** Without a byte in either direction while a response is sent: for clients that do not read it. */
  readonly inactivity: number;
  /** Between two requests of a connection; longer than the 60 seconds after which load balancers end one. */
  readonly keepAlive: number;
  /** How often `headers` and `request` are looked at. */
  readonly check: number;
  /** For the requests in flight when the server stops. */
  readonly shutdown: number;
}

export const defaultTimeouts: ServerTimeouts = {
  headers: 20_000,
  request: 300_000,
  bodyInactivity: 30_000,
  inactivity: 300_000,
  keepAlive: 72_000,
  check: 5_000,
  shutdown: 20_000,
};

const timedOut = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Ends a request whose body stops arriving, so that a stalled client holds neither a connection nor a spooled file. */
export const endStalledBodies = (server: FastifyInstance, timeoutMs: number): void => {
  server.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    if (hasBody(raw)) {
      raw.setTimeout(timeoutMs, () => {
        if (!reply.raw.headersSent) raw.socket.write(timedOut);
        raw.socket.destroySoon();
      });
      // from here on the server itself is busy
      raw.once('end', () => raw.socket.setTimeout(server.server.timeout));
    }
    done();
  });
};
