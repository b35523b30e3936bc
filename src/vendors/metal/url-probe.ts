import { lookup as lookupAll } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Limits } from '../../domain/limits.js';
import type { UrlProbe } from '../../domain/metal/metal-ports.js';

interface UrlProbeOptions {
  readonly limits: Pick<Limits, 'metalUrlSeconds' | 'metalUrlRedirects'>;
  /** Whether a server at this address may be asked. */
  readonly isAllowed: (address: string) => boolean;
}

interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly location: string | undefined;
}

const redirects = new Set([301, 302, 303, 307, 308]);
const notPublic = 'the host is not on the public Internet';

/**
 * "URL check = plain HTTP HEAD (follows redirects, http/https only); any status < 400 passes; not fetched." Each host on the way has to
 * be a public one: a URL must not make this server ask what only it can reach.
 */
export const createUrlProbe = ({ limits, isAllowed }: UrlProbeOptions): UrlProbe => ({
  async faultOf(text) {
    const signal = AbortSignal.timeout(limits.metalUrlSeconds * 1_000);
    try {
      const { status, statusText } = await follow(text, limits.metalUrlRedirects, isAllowed, signal);
      return status < 400 ? undefined : `status:${status} ${statusText}`;
    } catch (error) {
      if (signal.aborted) return `error:no answer within ${limits.metalUrlSeconds} seconds`;
      return `error:${reasonOf(error)}`;
    }
  },
});

/** Where all addresses of a host fail, the error has a code and no message. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
};

const follow = async (
  text: string,
  redirectsLeft: number,
  isAllowed: UrlProbeOptions['isAllowed'],
  signal: AbortSignal,
): Promise<Answer> => {
  const url = httpUrl(text);
  const answer = await head(url, isAllowed, signal);
  if (!redirects.has(answer.status) || answer.location === undefined) return answer;
  if (redirectsLeft === 0) throw new Error('stopped after too many redirects');
  const next = URL.canParse(answer.location, url) ? new URL(answer.location, url).href : answer.location;
  return follow(next, redirectsLeft - 1, isAllowed, signal);
};

const httpUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new Error(`unsupported protocol scheme "${url?.protocol.slice(0, -1) ?? ''}"`);
};

const head = (url: URL, isAllowed: UrlProbeOptions['isAllowed'], signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve, reject) => {
    // an address in the place of a name is not looked up
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !isAllowed(host)) throw new Error(notPublic);
    const { request } = url.protocol === 'https:' ? https : http;
    const options = { method: 'HEAD', agent: false, signal, lookup: lookupAllowed(isAllowed) } as const;
    request(url, options, (answer) => {
      answer.destroy();
      const { statusCode: status = 0, statusMessage: statusText = '', headers } = answer;
      resolve({ status, statusText, location: headers.location });
    })
      // not once: the connection may fail again after its answer was taken
      .on('error', reject)
      .end();
  });

/** The connection is made to the very addresses that are judged here, whatever the name stands for a moment later (DNS rebinding). */
const lookupAllowed =
  (isAllowed: UrlProbeOptions['isAllowed']): LookupFunction =>
  (hostname, options, done) => {
    lookupAll(hostname, { ...options, all: true }, (error, found) => {
      const [first] = found ?? [];
      if (error || !first) done(error ?? new Error('the host has no address'), []);
      else if (!found.every(({ address }) => isAllowed(address))) done(new Error(notPublic), []);
      else if (options.all) done(null, found);
      else done(null, first.address, first.family);
    });
  };
