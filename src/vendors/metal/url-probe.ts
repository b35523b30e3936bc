import type { Limits } from '../../domain/limits.js';
import type { UrlProbe } from '../../domain/metal/metal-ports.js';
import { guardedRequest } from '../../lib/guarded-request.js';
import { reasonOf } from '../../lib/reason-of.js';

interface UrlProbeOptions {
  readonly limits: Pick<Limits, 'metalUrlSeconds' | 'metalUrlRedirects'>;
  /** Whether a server at this address may be asked. */
  readonly isAllowed: (address: string) => boolean;
}

/**
 * "URL check = plain HTTP HEAD (follows redirects, http/https only); any status < 400 passes; not fetched." Each host on the way has to
 * be a public one.
 */
export const createUrlProbe = ({ limits, isAllowed }: UrlProbeOptions): UrlProbe => ({
  async faultOf(text) {
    const signal = AbortSignal.timeout(limits.metalUrlSeconds * 1_000);
    const maxRedirects = limits.metalUrlRedirects;
    try {
      const response = await guardedRequest(text, { method: 'HEAD', maxRedirects, parseUrl, isAllowed, signal });
      response.destroy();
      const { statusCode = 0, statusMessage = '' } = response;
      return statusCode < 400 ? undefined : `status:${statusCode} ${statusMessage}`;
    } catch (error) {
      if (signal.aborted) return `error:no response within ${limits.metalUrlSeconds} seconds`;
      return `error:${reasonOf(error)}`;
    }
  },
});

const parseUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new Error(`unsupported protocol scheme "${url?.protocol.slice(0, -1) ?? ''}"`);
};
