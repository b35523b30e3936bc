import type { FastifyInstance } from 'fastify';

const answer = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Ends a request whose body stops to come in, so that a client that stalls holds neither a connection nor a spooled file. */
export const endStalledBodies = (server: FastifyInstance, timeoutMs: number): void => {
  server.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    const hasBody = raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0;
    if (hasBody) {
      raw.setTimeout(timeoutMs, () => {
        if (!reply.raw.headersSent) raw.socket.write(answer);
        raw.socket.destroySoon();
      });
      // what remains is the server's own time
      raw.once('end', () => raw.socket.setTimeout(server.server.timeout));
    }
    done();
  });
};
