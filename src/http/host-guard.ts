import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { LRUCache } from 'lru-cache';

const loopbackNames = new Set(['localhost', '[::1]']);

/** The name of a Host header without its port, in lower case; undefined for what is no host. */
const hostName = (header: string): string | undefined => {
  // a URL would take a user, a path or a query where a Host header has none
  if (/[\s/?#@\\]/.test(header) || !URL.canParse(`http://${header}`)) return undefined;
  return new URL(`http://${header}`).hostname;
};

const isLoopbackName = (name: string): boolean =>
  loopbackNames.has(name) || (isIP(name) === 4 && name.startsWith('127.'));

/**
 * A server that asks for no key trusts who reaches it. A page of another site must not reach it by a name that its owner
 * points to this machine (DNS rebinding), so only requests for this machine's own names, or the configured public one, pass.
 */
export const guardHost = (server: FastifyInstance, publicUrl: string | null): void => {
  const publicName = publicUrl ? new URL(publicUrl).hostname : undefined;
  const isOwn = (header: string): boolean => {
    const name = hostName(header);
    return name !== undefined && (isLoopbackName(name) || name === publicName);
  };
  /** Clients send few headers many times, and reading one takes as long as answering from memory. */
  const verdicts = new LRUCache<string, boolean>({ max: 100, memoMethod: isOwn });
  server.addHook('onRequest', (request, reply, done) => {
    const header = request.headers.host ?? '';
    if (verdicts.memo(header)) return done();
    reply.code(403).send({
      error:
        `The Host header "${header}" is not one of this server's names. ` +
        `Use localhost, 127.0.0.1 or [::1]${publicName ? ` or ${publicName}` : ', or set PUBLIC_URL'}.`,
    });
  });
};
