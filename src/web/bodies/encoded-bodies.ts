import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

class EncodedBodyError extends Error {
  override readonly name = 'EncodedBodyError';
  readonly statusCode = 415;
}

/** Whether a body follows the head of a request (RFC 9112, section 6). */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const codings = (header: string): string[] =>
  header
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');

/**
 * Refuses compressed bodies before a byte is read: limits count bytes as they arrive, and no parser here decompresses. The response says
 * so by Accept-Encoding (RFC 9110, section 15.5.16).
 */
export const refuseEncodedBodies = (server: FastifyInstance): void => {
  server.addHook('onRequest', ({ raw, is404 }, reply, done) => {
    const header = raw.headers['content-encoding'];
    if (header === undefined || is404 || !hasBody(raw)) return done();
    const [coding] = codings(header);
    if (coding === undefined) return done();
    reply.header('accept-encoding', 'identity');
    done(
      new EncodedBodyError(
        `The body has the Content-Encoding "${coding}". Send it without one: only identity is accepted.`,
      ),
    );
  });
};
