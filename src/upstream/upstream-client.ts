import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Limits } from '../domain/limits.js';
import { reasonOf } from '../lib/reason-of.js';

type UpstreamLimits = Pick<
  Limits,
  'upstreamSeconds' | 'upstreamAttempts' | 'upstreamWaitSeconds' | 'upstreamListBytes'
>;

export interface UpstreamClientOptions {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** Made for each attempt: signatures have dates. */
  readonly headers: () => Readonly<Record<string, string>>;
  readonly limits: UpstreamLimits;
  /** Ends every request. */
  readonly signal: AbortSignal;
}

const firstPauseMs = 500;
const longestPauseMs = 15_000;
const transientStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

interface Failure {
  readonly status?: number;
  /** Absent if trying again is of no use. */
  readonly retryAfterMs?: number | undefined;
}

/** The API did not respond as its contract says. The message names the request, and no credentials. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  constructor(message: string, { status, retryAfterMs }: Failure = {}, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Requests to one API, tried again after what passes: broken connections, time-outs, 429 and 5xx. Redirects are not followed. */
export class UpstreamClient {
  constructor(private readonly options: UpstreamClientOptions) {}

  /**
   * @param path Behind the base URL.
   * @param use Reads the response; it runs again if the connection breaks while it does.
   * @throws {UpstreamError}
   */
  async get<Result>(
    path: string,
    use: (response: Response) => Promise<Result>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Result> {
    const { limits, signal } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#ask(path, use, headers);
      } catch (error) {
        signal.throwIfAborted();
        const retryAfterMs = error instanceof UpstreamError ? error.retryAfterMs : undefined;
        if (retryAfterMs === undefined || attempt >= limits.upstreamAttempts) throw error;
        if (retryAfterMs > limits.upstreamWaitSeconds * 1_000) throw error;
        const pauseMs = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
        // at random, so that workers which were refused together do not come back together
        await sleep(Math.max(retryAfterMs, pauseMs * (0.5 + Math.random() / 2)), undefined, { signal });
      }
    }
  }

  /** @throws {UpstreamError} also for a response that is not the JSON of the schema. */
  json<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    return this.get(
      path,
      async (response) => {
        const problem = (reason: string) => new UpstreamError(`GET ${response.url} ${reason}.`);
        const type = response.headers.get('content-type') ?? 'no content type';
        if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) throw problem(`responded with ${type} instead of JSON`);
        const text = await readText(response, this.options.limits.upstreamListBytes, problem);
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch {
          throw problem('responded with malformed JSON');
        }
        const parsed = schema.safeParse(value);
        if (!parsed.success)
          throw problem(`responded with JSON that its contract does not allow: ${summaryOf(parsed.error)}`);
        return parsed.data;
      },
      { accept: 'application/json' },
    );
  }

  /**
   * Resolves with what is made of any JSON at the path, or null if the API does not have it.
   * @throws {UpstreamError}
   */
  async find<Found>(path: string, made: (value: unknown) => Found): Promise<Found | null> {
    try {
      return made(await this.json(path, z.unknown()));
    } catch (error) {
      if (error instanceof UpstreamError && error.status === 404) return null;
      throw error;
    }
  }

  async #ask<Result>(
    path: string,
    use: (response: Response) => Promise<Result>,
    headers: Readonly<Record<string, string>>,
  ): Promise<Result> {
    const { baseUrl, limits, signal } = this.options;
    const url = `${baseUrl}${path}`;
    const timeout = AbortSignal.timeout(limits.upstreamSeconds * 1_000);
    let response: Response | undefined;
    try {
      response = await fetch(url, {
        headers: { ...this.options.headers(), ...headers },
        redirect: 'manual',
        signal: AbortSignal.any([signal, timeout]),
      });
      if (response.status !== 200 && response.status !== 304) throw refusal(url, response);
      return await use(response);
    } catch (error) {
      if (timeout.aborted && !signal.aborted) {
        throw new UpstreamError(`GET ${url} took longer than ${limits.upstreamSeconds} seconds.`, { retryAfterMs: 0 });
      }
      throw connectionFailure(url, error) ?? error;
    } finally {
      // what is not read; one that was read, or is broken, refuses
      await response?.body?.cancel().catch(() => undefined);
    }
  }
}

const refusal = (url: string, { status, headers }: Response): UpstreamError => {
  const location = headers.get('location');
  const target = location && status >= 300 && status < 400 ? ` to ${location}, which is not followed` : '';
  return new UpstreamError(`GET ${url} responded with ${status}${target}.`, {
    status,
    retryAfterMs: transientStatuses.has(status) ? retryAfterMsOf(headers) : undefined,
  });
};

/** `retry-after-ms`, or `Retry-After` as seconds or a date; 0 if neither can be read. */
const retryAfterMsOf = (headers: Headers): number => {
  const milliseconds = headers.get('retry-after-ms') ?? '';
  if (/^\d{1,12}$/.test(milliseconds)) return Number(milliseconds);
  const text = headers.get('retry-after') ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now());
};

/** `fetch` reports what fails on the network as a TypeError with a cause; undefined for any other error. */
const connectionFailure = (url: string, error: unknown): UpstreamError | undefined => {
  if (!(error instanceof TypeError) || error.cause === undefined) return undefined;
  return new UpstreamError(`GET ${url} failed: ${reasonOf(error.cause)}`, { retryAfterMs: 0 }, { cause: error });
};

const readText = async (
  response: Response,
  limitBytes: number,
  problem: (reason: string) => UpstreamError,
): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let byteSize = 0;
  for await (const chunk of response.body ?? []) {
    byteSize += chunk.byteLength;
    if (byteSize > limitBytes) throw problem(`responded with more than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, byteSize).toString('utf8');
};

/** A time in RFC 3339, as the APIs send it. */
export const foreignDate = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** The first problem is enough to find it. */
export const summaryOf = ({ issues: [first] }: z.ZodError): string =>
  first ? `${first.path.join('.')}: ${first.message}`.replace(/^: /, '') : '';
