import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { LRUCache } from 'lru-cache';

const loopbackNames = new Set(['localhost', '[::1]']);

/** A host and port in their one spelling: lower case, without the dot that ends a full name (RFC 1034), 80 left out. */
const parseAuthority = (text: string): { name: string; port: string } | undefined => {
  // a URL would accept a user, a path or a query, and a Host header has none of them
  if (/[\s/?#@\\]/.test(text) || !URL.canParse(`http://${text}`)) return undefined;
  const { hostname, port } = new URL(`http://${text}`);
  return { name: hostname.replace(/\.$/, ''), port };
};

const isSameAuthority = (a: string, b: string): boolean => {
  const [parsedA, parsedB] = [parseAuthority(a), parseAuthority(b)];
  return parsedA !== undefined && parsedA.name === parsedB?.name && parsedA.port === parsedB.port;
};

/** "A server MUST respond with a 400 to any request that contains more than one Host header field line" (RFC 9112, section 3.2). */
export const hasSeveralHosts = ({ rawHeaders }: IncomingMessage): boolean => {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count > 1;
};

/** The authority of a request target in absolute form (RFC 9112, section 3.2.2). */
const targetAuthority = (target: string): string | undefined => /^[a-z][\w+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1];

class AmbiguousHostError extends Error {
  override readonly name = 'AmbiguousHostError';
  readonly statusCode = 400;
}

/** Refuses a request that names two hosts: what is in front of this server may have decided by the other one. */
export const refuseAmbiguousHosts = (server: FastifyInstance): void => {
  server.addHook('onRequest', ({ raw }, _reply, done) => {
    if (hasSeveralHosts(raw)) return done(new AmbiguousHostError('The request has more than one Host header.'));
    const authority = raw.url?.startsWith('/') ? undefined : targetAuthority(raw.url ?? '');
    if (authority !== undefined && !isSameAuthority(authority, raw.headers.host ?? '')) {
      return done(new AmbiguousHostError('The request target names another host than the Host header.'));
    }
    done();
  });
};

const isLoopbackName = (name: string): boolean =>
  loopbackNames.has(name) || (isIP(name) === 4 && name.startsWith('127.'));

/**
 * A server that requires no key trusts every client that reaches it. A page of another site must not reach it by a name that its owner
 * points to this machine (DNS rebinding), so only requests for this machine's own names, or the configured public one, pass. Behind a
 * trusted proxy the name is the one that the proxy was asked for.
 */
export const guardHost = (server: FastifyInstance, publicUrl: string | null): void => {
  const isOwnHost = ownHosts(publicUrl);
  const publicName = publicNameOf(publicUrl);
  server.addHook('onRequest', (request, reply, done) => {
    if (isOwnHost(request.host)) return done();
    reply.code(403).send({
      error:
        `The host "${request.host}" is not one of this server's names. ` +
        `Use localhost, 127.0.0.1 or [::1]${publicName ? ` or ${publicName}` : ', or set PUBLIC_URL'}.`,
    });
  });
};

const publicNameOf = (publicUrl: string | null): string | undefined =>
  publicUrl ? parseAuthority(new URL(publicUrl).host)?.name : undefined;

/** Whether a Host header names this machine, or what the server is configured to be called. */
export const ownHosts = (publicUrl: string | null): ((header: string) => boolean) => {
  const publicName = publicNameOf(publicUrl);
  const isOwn = (header: string): boolean => {
    const name = parseAuthority(header)?.name;
    return name !== undefined && (isLoopbackName(name) || name === publicName);
  };
  /** Clients send few headers many times, and parsing one takes as long as responding from memory. */
  const verdicts = new LRUCache<string, boolean>({ max: 100, memoMethod: isOwn });
  return (header) => verdicts.memo(header);
};
