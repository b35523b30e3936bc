import { hostname } from 'node:os';
import type { FastifyBaseLogger } from 'fastify';
import { type DestinationStream, type Logger, pino } from 'pino';
import { GatheredLines } from '../lib/gathered-lines.js';
import type { FinishedRequest } from './connections/finished-requests.js';

type RequestLine = Omit<FinishedRequest, 'response'>;

export interface Logs {
  /** For whatever happens. */
  readonly log: Logger;
  /** Writes the one line of a request, with the id of its trace if it has one. */
  readonly logRequest: (request: RequestLine, traceId?: string) => void;
}

/** Nothing logs headers; where something does one day, with a request or an error around them, their secrets stay out. */
const secretHeaders = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie'].flatMap((name) =>
  ['headers', '*.headers', '*.*.headers'].map((path) => `${path}["${name}"]`),
);

/**
 * A log with the id of a request in each line. It is made when something is logged, which is the case for hardly any request; what is
 * made for each is a tenth of a small operation.
 */
export class RequestLog implements FastifyBaseLogger {
  #made: FastifyBaseLogger | undefined;

  constructor(
    private readonly parent: FastifyBaseLogger,
    private readonly bindings: Parameters<FastifyBaseLogger['child']>[0],
  ) {}

  get #log(): FastifyBaseLogger {
    this.#made ??= this.parent.child(this.bindings);
    return this.#made;
  }

  get level(): string {
    return this.parent.level;
  }

  get fatal() {
    return this.#log.fatal.bind(this.#log);
  }

  get error() {
    return this.#log.error.bind(this.#log);
  }

  get warn() {
    return this.#log.warn.bind(this.#log);
  }

  get info() {
    return this.#log.info.bind(this.#log);
  }

  get debug() {
    return this.#log.debug.bind(this.#log);
  }

  get trace() {
    return this.#log.trace.bind(this.#log);
  }

  get silent() {
    return this.#log.silent.bind(this.#log);
  }

  get child() {
    return this.#log.child.bind(this.#log);
  }
}

let gatheredOutput: GatheredLines | undefined;

/** The one output of the process. Lines that wait go out at its end. */
const standardOutput = (): DestinationStream => {
  if (gatheredOutput) return gatheredOutput;
  // with this option it accepts bytes only, which its types do not know
  const output: unknown = pino.destination({ sync: true, contentMode: 'buffer' });
  const lines = new GatheredLines(output as { write(lines: Buffer): unknown });
  process.once('exit', () => lines.flushSync());
  gatheredOutput = lines;
  return lines;
};

/**
 * The logs of the process, as lines of JSON in one stream.
 * @param traceId The trace that the present work belongs to.
 */
export const createLogs = (level: string, stream = standardOutput(), traceId?: () => string | undefined): Logs => {
  const mixin = traceId && (() => ({ trace_id: traceId() }));
  const log = pino({ level, redact: secretHeaders, ...(mixin ? { mixin } : {}) }, stream);
  return { log, logRequest: log.isLevelEnabled('info') ? requestLines(stream) : () => undefined };
};

/**
 * The line as pino would write it. Pino puts one together of thirty pieces and looks through each for what JSON escapes, which is the
 * largest part of a hot request. Here what stays the same from one request to the next is a single piece.
 */
const requestLines = (stream: DestinationStream): Logs['logRequest'] => {
  const upToId = JSON.stringify({ pid: process.pid, hostname: hostname(), reqId: '' }).slice(1, -2);
  let last = { method: '', route: '', status: 0, text: '' };
  const outcomeOf = ({ method, route, status }: RequestLine): string => {
    if (method !== last.method || route !== last.route || status !== last.status) {
      last = { method, route, status, text: JSON.stringify({ method, route, status }).slice(1, -1) };
    }
    return last.text;
  };
  return (request, traceId) => {
    const { reqId, ms, bytes } = request;
    const trace = traceId ? `"trace_id":"${traceId}",` : '';
    const roundedMs = Math.round(ms * 10) / 10;
    stream.write(
      `{"level":30,"time":${Date.now()},${upToId}${reqId}",${trace}${outcomeOf(request)},"ms":${roundedMs},"bytes":${bytes},"msg":"request"}\n`,
    );
  };
};
