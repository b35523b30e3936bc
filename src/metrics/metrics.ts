import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Commit } from '../domain/changes/changes.js';
import type { ErrorCode } from '../domain/errors.js';
import type { Meter } from '../domain/ports.js';
import type { BoundedQueue, QueueTimes } from '../lib/bounded-queue.js';

export type QueueName = 'render' | 'inspect' | 'fetch';

interface RequestOutcome {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

const prefix = 'image_facade_';
/** Milliseconds between samples of the event loop; each wakes the process, also while it idles or renders. */
const eventLoopMonitoringPrecision = 100;
const requestSeconds = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const workSeconds = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What this process counts, for Prometheus, in a registry of its own. No label has a value that a client chooses. */
export class Metrics implements Meter {
  readonly #registry = new Registry();
  readonly #requests = new Histogram({
    ...this.#describe('http_request_duration_seconds', 'HTTP requests; status 499 if the client left.'),
    labelNames: ['method', 'route', 'status'],
    buckets: requestSeconds,
  });
  readonly #operations = new Counter({
    ...this.#describe('graphql_operations_total', 'GraphQL operations.'),
    labelNames: ['kind', 'outcome'],
  });
  readonly #uploads = new Counter({
    ...this.#describe('uploads_total', 'Uploaded files: accepted, or the code that they were refused with.'),
    labelNames: ['outcome'],
  });
  readonly #changes = new Counter({
    ...this.#describe('changes_total', 'Committed changes of images and metal images.'),
    labelNames: ['of', 'kind'],
  });
  readonly #deliveries = new Counter({
    ...this.#describe('webhook_deliveries_total', 'Attempts to deliver changes to webhooks.'),
    labelNames: ['outcome'],
  });
  readonly #purges = new Counter({
    ...this.#describe('cdn_purges_total', 'Requests to purge the CDN.'),
    labelNames: ['outcome'],
  });
  readonly #renderedAhead = new Counter({
    ...this.#describe('rendered_ahead_total', 'Variants of eager presets that nobody had asked for.'),
    labelNames: ['outcome'],
  });
  readonly #waits = new Histogram({
    ...this.#describe('queue_wait_seconds', 'The time from arrival to start, of work that was started.'),
    labelNames: ['queue'],
    buckets: workSeconds,
  });
  readonly #runs = new Histogram({
    ...this.#describe('queue_run_seconds', 'The time from start to end of work.'),
    labelNames: ['queue'],
    buckets: workSeconds,
  });
  readonly #upstreamLookups = new Counter({
    ...this.#describe(
      'upstream_lookups_total',
      'Lookups of what is missing here; remembered and skipped ones sent no request.',
    ),
    labelNames: ['api', 'outcome'],
  });
  readonly #upstreamSeconds = new Histogram({
    ...this.#describe('upstream_lookup_seconds', 'Lookups that sent requests, with the import of what they found.'),
    labelNames: ['api'],
    buckets: workSeconds,
  });
  readonly #lookups = new Counter({
    ...this.#describe('variant_lookups_total', 'Where the bytes of variants were found.'),
    labelNames: ['found'],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision });
    // a series that begins with its first increment would hide that one from `rate`
    for (const found of ['memory', 'disk', 'nowhere']) this.#lookups.inc({ found }, 0);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  requestFinished({ method, route, status, ms }: RequestOutcome): void {
    this.#requests.observe({ method, route, status }, ms / 1000);
  }

  operationFinished(kind: string, outcome: string): void {
    this.#operations.inc({ kind, outcome });
  }

  /** Consumes a commit. */
  committed({ changes }: Commit): void {
    for (const { of, kind } of changes) this.#changes.inc({ of, kind });
  }

  uploadAccepted(): void {
    this.#uploads.inc({ outcome: 'accepted' });
  }

  uploadRefused(code: ErrorCode | 'INTERNAL'): void {
    this.#uploads.inc({ outcome: code });
  }

  deliveryFinished(outcome: 'delivered' | 'failed'): void {
    this.#deliveries.inc({ outcome });
  }

  /** Has the oldest change that webhooks wait for looked up whenever the metrics are read. */
  watchWebhooks(oldestPending: () => Promise<Date | null>, now: () => Date): void {
    new Gauge({
      ...this.#describe(
        'webhook_pending_seconds',
        'How old the oldest change is that an enabled webhook has not delivered.',
      ),
      async collect() {
        // without the database the other metrics are read nevertheless
        const occurredOn = await oldestPending().catch(() => undefined);
        const seconds = occurredOn ? (now().getTime() - occurredOn.getTime()) / 1000 : 0;
        this.set(occurredOn === undefined ? Number.NaN : Math.max(0, seconds));
      },
    });
  }

  purgeFinished(outcome: 'purged' | 'failed'): void {
    this.#purges.inc({ outcome });
  }

  /** Has the purges that wait looked at whenever the metrics are read. */
  watchPurges(pendingSeconds: () => number): void {
    new Gauge({
      ...this.#describe(
        'cdn_purge_pending_seconds',
        'How long the oldest change that the CDN has to purge has waited.',
      ),
      collect() {
        this.set(pendingSeconds());
      },
    });
  }

  variantLookedUp(found: 'memory' | 'disk' | 'nowhere'): void {
    this.#lookups.inc({ found });
  }

  renderedAhead(outcome: 'rendered' | 'failed'): void {
    this.#renderedAhead.inc({ outcome });
  }

  /** Has the changes that wait looked at whenever the metrics are read. */
  watchRendersAhead(waiting: () => number): void {
    new Gauge({
      ...this.#describe('rendered_ahead_waiting', 'Changes whose eager presets this server has not looked at yet.'),
      collect() {
        this.set(waiting());
      },
    });
  }

  upstreamLookedUp(api: string, outcome: string, seconds?: number): void {
    this.#upstreamLookups.inc({ api, outcome });
    if (seconds !== undefined) this.#upstreamSeconds.observe({ api }, seconds);
  }

  /** What a queue of this name reports of its work. */
  timesOf(queue: QueueName): QueueTimes {
    return {
      waited: (ms) => this.#waits.observe({ queue }, ms / 1000),
      ran: (ms) => this.#runs.observe({ queue }, ms / 1000),
    };
  }

  /** Reads the queues whenever the metrics are read. */
  watchQueues(queues: Readonly<Record<QueueName, BoundedQueue>>): void {
    const each = Object.entries(queues);
    this.#gauge('queue_running', 'Work that runs now.', 'queue', () =>
      each.map(([name, { running }]) => [name, running]),
    );
    this.#gauge('queue_waiting', 'Work that waits now.', 'queue', () =>
      each.map(([name, { waiting }]) => [name, waiting]),
    );
  }

  /** Reads the usage of the variant cache whenever the metrics are read. */
  watchVariantCache(usage: () => Readonly<Record<'memory' | 'disk', number>>): void {
    this.#gauge('variant_cache_bytes', 'The bytes of variants that are cached now.', 'tier', () =>
      Object.entries(usage()),
    );
  }

  #gauge(name: string, help: string, label: string, read: () => [string, number][]): void {
    new Gauge({
      ...this.#describe(name, help),
      labelNames: [label],
      collect() {
        for (const [value, measure] of read()) this.set({ [label]: value }, measure);
      },
    });
  }

  #describe(name: string, help: string) {
    return { name: prefix + name, help, registers: [this.#registry] };
  }
}
