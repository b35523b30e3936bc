import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Attributes,
  context,
  ProxyTracerProvider,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { QueueTimes } from '../lib/bounded-queue.js';
import { pause } from '../lib/pause.js';

interface RequestOutcome {
  readonly response: ServerResponse;
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

/** By the semantic conventions; any other method is `_OTHER`. */
const knownMethods = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);
const maxTextLength = 255;
const flushMs = 2_000;
/** Of `finished` if the client left before it had the whole response. */
const clientLeft = 499;

/** Milliseconds since 1970, with fractions. */
const nowMs = (): number => performance.timeOrigin + performance.now();

/**
 * Spans of requests and of the work within them, by OpenTelemetry's API. No attribute has a value that may be a secret or an image's:
 * paths have the placeholders of their route, and documents, variables, headers, ids and messages stay out.
 */
export class Tracing {
  readonly #spans = new WeakMap<ServerResponse, Span>();

  private constructor(
    private readonly provider: TracerProvider,
    private readonly tracer: Tracer,
  ) {}

  /** Undefined unless the operator has registered an SDK before the server was loaded: nothing is measured then. */
  static ifRegistered(): Tracing | undefined {
    const provider = trace.getTracerProvider();
    const nothing = new ProxyTracerProvider().getDelegate();
    if (provider instanceof ProxyTracerProvider && provider.getDelegate() === nothing) return undefined;
    return new Tracing(provider, provider.getTracer('image-facade'));
  }

  /** Has the SDK export what has ended, for as long as a stop may wait for it. The API itself has no word for this. */
  async flush(): Promise<void> {
    type Flushable = TracerProvider & { getDelegate?(): Flushable; forceFlush?(): Promise<void> };
    const provider: Flushable = this.provider;
    const flushed = (provider.getDelegate?.() ?? provider).forceFlush?.();
    // what cannot be exported is the SDK's to report
    const waited = new AbortController();
    await Promise.race([flushed?.catch(() => undefined), pause(flushMs, waited.signal)]);
    waited.abort();
  }

  /** Handles a request within a span, whose parent is the one that the request names. */
  request(request: IncomingMessage, response: ServerResponse, handle: () => void): void {
    const { headers, httpVersion } = request;
    const method = methodOf(request.method);
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    const attributes = {
      'http.request.method': method,
      'url.scheme': 'http',
      'network.protocol.version': httpVersion,
      ...addressOf(headers.host),
    };
    const span = this.tracer.startSpan(nameOf(method), { kind: SpanKind.SERVER, attributes }, parent);
    this.#spans.set(response, span);
    const within = trace.setSpan(parent, span);
    // the body is read, and the response closed, by events of the connection
    context.bind(within, request);
    context.bind(within, response);
    context.with(within, handle);
  }

  requestFinished({ response, method, route, status }: RequestOutcome): void {
    const span = this.#spans.get(response);
    if (!span) return;
    if (route.startsWith('/')) {
      span.updateName(`${nameOf(methodOf(method))} ${route}`);
      span.setAttributes({ 'http.route': route, 'url.path': route });
    }
    if (status === clientLeft) span.setAttribute('error.type', 'client_left');
    else span.setAttribute('http.response.status_code', status);
    if (status >= 500) fail(span, String(status));
    span.end();
  }

  /** For the log: the trace of a request, or of the request that the caller works for. */
  traceId(response?: ServerResponse): string | undefined {
    const span = response ? this.#spans.get(response) : trace.getActiveSpan();
    return span?.spanContext().traceId;
  }

  /** Runs an operation of GraphQL within a span of its own. */
  operation<Result>(type: string, name: string | undefined, run: () => Result): Result {
    if (!isTraced()) return run();
    const attributes = {
      'graphql.operation.type': type,
      ...(name === undefined ? {} : { 'graphql.operation.name': name.slice(0, maxTextLength) }),
    };
    const span = this.tracer.startSpan(type, { attributes });
    return whenDone(
      () => context.with(trace.setSpan(context.active(), span), run),
      (outcome) => {
        if ('error' in outcome) fail(span, typeOf(outcome.error));
        else if (hasErrors(outcome.result)) fail(span, 'graphql');
        span.end();
      },
    );
  }

  /** A span for asynchronous work of a request; none for what is there at once. */
  work<Result>(name: string, attributes: Attributes, run: () => Result): Result {
    if (!isTraced()) return run();
    const startTime = nowMs();
    const parent = context.active();
    const result = run();
    if (!(result instanceof Promise)) return result;
    return whenDone(
      () => result,
      (outcome) => {
        const span = this.tracer.startSpan(name, { startTime, attributes }, parent);
        if ('error' in outcome) fail(span, typeOf(outcome.error));
        span.end(nowMs());
      },
    );
  }

  /** Has the wait in a queue be a span too. */
  queueTimes(queue: string, times: QueueTimes): QueueTimes {
    return {
      waited: (ms) => {
        times.waited(ms);
        if (!isTraced()) return;
        const endTime = nowMs();
        const attributes = { 'image_facade.queue': queue };
        this.tracer.startSpan('queue', { startTime: endTime - ms, attributes }).end(endTime);
      },
      ran: (ms) => times.ran(ms),
    };
  }
}

/** Whether this is work of a request that is recorded: what the server does by itself would be traces of nothing else. */
const isTraced = (): boolean => trace.getActiveSpan()?.isRecording() === true;

const methodOf = (method = ''): string => (knownMethods.has(method) ? method : '_OTHER');

const nameOf = (method: string): string => (method === '_OTHER' ? 'HTTP' : method);

const addressOf = (host = ''): Attributes => {
  const [, name, port] = /^(\[[^\]]*\]|[^:]+)(?::(\d{1,5}))?$/.exec(host.slice(0, maxTextLength)) ?? [];
  return {
    ...(name === undefined ? {} : { 'server.address': name }),
    ...(port === undefined ? {} : { 'server.port': Number(port) }),
  };
};

const fail = (span: Span, type: string): void => {
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', type);
};

/** Of an error what is the same for all of its kind: its message may quote what a client sent. */
const typeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};

const hasErrors = (result: unknown): boolean =>
  typeof result === 'object' && result !== null && 'errors' in result && Boolean(result.errors);

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** Runs something, at once or in time, and reports how it went. */
const whenDone = <Result>(run: () => Result, done: (outcome: Outcome) => void): Result => {
  let result: Result;
  try {
    result = run();
  } catch (error) {
    done({ error });
    throw error;
  }
  if (!(result instanceof Promise)) {
    done({ result });
    return result;
  }
  return result.then(
    (settled) => {
      done({ result: settled });
      return settled;
    },
    (error: unknown) => {
      done({ error });
      throw error;
    },
  ) as Result;
};
