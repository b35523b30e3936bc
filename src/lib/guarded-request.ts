import { lookup } from 'node:dns';
import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

/** Resolves a name to all of its addresses, as `dns.lookup` does. */
export type ResolveName = (
  hostname: string,
  options: { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, found: { readonly address: string; readonly family: number }[]) => void,
) => void;

export interface GuardedRequestOptions {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  /** Null for none: a redirect is the response. */
  readonly maxRedirects: number | null;
  /** Reads the URL and each that a redirect leads to; throws for one that must not be requested. */
  readonly parseUrl: (text: string) => URL;
  /** Whether a server at this address may be asked. */
  readonly isAllowed: (address: string) => boolean;
  readonly resolve?: ResolveName | undefined;
  /** Ends the request, its response included. */
  readonly signal: AbortSignal;
}

/** A host that has an address which must not be asked, or that has none. */
export class ForbiddenHostError extends Error {
  override readonly name = 'ForbiddenHostError';
}

const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request that somebody else has given the URL of, and follows redirects. Each host on the way must have allowed addresses
 * only: a URL must not make this server request what only it can reach.
 * @throws {ForbiddenHostError}, what `parseUrl` throws, or the failure of the connection.
 */
export const guardedRequest = async (text: string, options: GuardedRequestOptions): Promise<IncomingMessage> => {
  const url = options.parseUrl(text);
  const response = await send(url, options);
  const { location } = response.headers;
  if (options.maxRedirects === null || location === undefined || !redirects.has(response.statusCode ?? 0))
    return response;
  response.destroy();
  if (options.maxRedirects === 0) throw new Error('stopped after too many redirects');
  const next = URL.canParse(location, url) ? new URL(location, url).href : location;
  return guardedRequest(next, { ...options, maxRedirects: options.maxRedirects - 1 });
};

/** The IP address that a URL has in the place of a name. */
export const addressIn = ({ hostname }: URL): string | undefined => {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : host;
};

const send = (url: URL, options: GuardedRequestOptions): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { method, headers, body, isAllowed, signal } = options;
    // an address in the place of a name is not looked up
    const address = addressIn(url);
    if (address && !isAllowed(address)) throw new ForbiddenHostError('the host is not on the public Internet');
    const { request } = url.protocol === 'https:' ? https : http;
    request(
      url,
      { method, ...(headers ? { headers } : {}), agent: false, signal, lookup: lookupAllowed(options) },
      resolve,
    )
      // not once: the connection may fail again after its response was received
      .on('error', reject)
      .end(body);
  });

/** The connection is made to the very addresses that are checked here, whatever the name resolves to a moment later (DNS rebinding). */
const lookupAllowed =
  ({ isAllowed, resolve = lookup }: GuardedRequestOptions): LookupFunction =>
  (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const [first] = found ?? [];
      if (error || !first) done(error ?? new ForbiddenHostError('the host has no address'), []);
      else if (!found.every(({ address }) => isAllowed(address))) {
        done(new ForbiddenHostError('the host is not on the public Internet'), []);
      } else if (options.all) done(null, found);
      else done(null, first.address, first.family);
    });
  };
