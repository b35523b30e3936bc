import type { IncomingMessage } from 'node:http';
import type { MessageSender, SendOutcome } from '../domain/webhooks/webhook-ports.js';
import { addressIn, ForbiddenHostError, type GuardedRequestOptions, guardedRequest } from '../lib/guarded-request.js';

interface HttpMessageSenderOptions extends Pick<GuardedRequestOptions, 'isAllowed' | 'resolve'> {
  /** Whether `http` is accepted too. */
  readonly allowsHttp: boolean;
}

/** Sends messages to servers of other people: on connections of their own, so that one that is slow or hostile holds up no other. */
export const createHttpMessageSender = ({ allowsHttp, ...guard }: HttpMessageSenderOptions): MessageSender => {
  const schemes = allowsHttp ? ['https:', 'http:'] : ['https:'];
  const faultOf = (text: string): string | undefined => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !schemes.includes(url.protocol) || url.username || url.password) {
      return `Accepts an absolute URL with ${allowsHttp ? 'https or http' : 'https'} and without a password.`;
    }
    const address = addressIn(url);
    return address && !guard.isAllowed(address)
      ? `Accepts hosts on the public Internet; ${address} is not.`
      : undefined;
  };
  const post = async (
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<SendOutcome> => {
    const response = await guardedRequest(url, {
      method: 'POST',
      headers: {
        'user-agent': 'image-facade',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...headers,
      },
      body,
      maxRedirects: null,
      parseUrl: (text) => new URL(text),
      ...guard,
      signal,
    });
    // the body is of no interest, and may be endless
    response.destroy();
    return outcomeOf(response);
  };
  return {
    faultOf,
    async post({ url, headers, body }, seconds, signal) {
      // what is allowed may have changed since the URL was stored
      const fault = faultOf(url);
      if (fault) return failed(fault);
      const timeout = AbortSignal.timeout(seconds * 1000);
      try {
        return await post(url, headers, body, AbortSignal.any([signal, timeout]));
      } catch (error) {
        if (signal.aborted) throw error;
        return failed(timeout.aborted ? `no response within ${seconds} seconds` : reasonOf(error));
      }
    },
  };
};

const outcomeOf = ({ statusCode = 0, headers }: Pick<IncomingMessage, 'statusCode' | 'headers'>): SendOutcome => {
  const retryAfter = Number(headers['retry-after']);
  const retryAfterSeconds = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null;
  return { status: statusCode, failure: failureOf(statusCode), retryAfterSeconds };
};

const failureOf = (status: number): string | null => {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? `status ${status}: redirects are not followed` : `status ${status}`;
};

const failed = (failure: string): SendOutcome => ({ status: null, failure, retryAfterSeconds: null });

/** Never an address that a name stands for: it would describe the network of this server. */
const reasonOf = (error: unknown): string => {
  if (error instanceof ForbiddenHostError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return code ? `the connection failed (${code})` : 'the connection failed';
};
