import type { FastifyInstance } from 'fastify';
import { hasBody } from '../bodies/encoded-bodies.js';

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
