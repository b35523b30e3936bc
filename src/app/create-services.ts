import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { FailedRenders } from '../domain/delivery/failed-renders.js';
import { RendersAhead } from '../domain/delivery/render-ahead.js';
import { UnavailableError } from '../domain/errors.js';
import { authenticateKey } from '../domain/identity/authenticate-key.js';
import { type Authenticate, type Caller, openCaller } from '../domain/identity/caller.js';
import { authenticateToken, createTokenService, type TokenDependencies } from '../domain/identity/token-service.js';
import { type ImageId, type PublicId, publicIdLength } from '../domain/images/image.js';
import { createImageService, type ImageService } from '../domain/images/image-service.js';
import { createImportService } from '../domain/imports/import-service.js';
import { createMetalImageService } from '../domain/metal/metal-image-service.js';
import type { SpooledFile } from '../domain/ports.js';
import { CdnPurges, standardPurgeRetryMs, standardRepeatMs } from '../domain/purges/cdn-purges.js';
import type { WebhookId } from '../domain/webhooks/webhook.js';
import { standardRetryMs, WebhookDeliveries } from '../domain/webhooks/webhook-deliveries.js';
import { createWebhookService } from '../domain/webhooks/webhook-service.js';
import { alphanumericIds } from '../lib/alphanumeric-ids.js';
import { atMostEvery } from '../lib/at-most-every.js';
import { BoundedQueue } from '../lib/bounded-queue.js';
import { Demand, nobody } from '../lib/demand.js';
import { KeyedMutex } from '../lib/keyed-mutex.js';
import { onceForEach } from '../lib/once-for-each.js';
import { isPublicAddress } from '../lib/public-address.js';
import type { Metrics, QueueName } from '../metrics/metrics.js';
import { createHttpMessageSender } from '../remote/http-message-sender.js';
import { createRemoteFiles } from '../remote/remote-files.js';
import type { Tracing } from '../telemetry/tracing.js';
import { openReadThrough } from '../upstream/read-through/read-through.js';
import { createUrlProbe } from '../vendors/metal/url-probe.js';
import { parseAccessToken, parseCredentials } from '../web/guards/credentials.js';
import { FailedAttempts } from '../web/guards/failed-attempts.js';
import { purgeHeaders } from '../web/images/cdn-headers.js';
import type { Adapters } from './open-adapters.js';
import type { Overrides } from './overrides.js';

interface Surroundings {
  readonly overrides: Overrides;
  readonly log: Logger;
  readonly now: () => Date;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
}

/** A decoded image may need 200 MB: more at once would finish no sooner and hold more memory. */
const maxInspections = 4;
const deliveryLogMs = 10_000;
const upstreamLogMs = 60_000;
const newPublicId = alphanumericIds(publicIdLength);

export type Services = ReturnType<typeof createServices>;

/** Everything that the server can do, on its adapters. */
export const createServices = (
  config: Config,
  adapters: Adapters,
  { overrides, log, now, metrics, tracing }: Surroundings,
) => {
  const { limits } = config;
  const { state, processor, changes } = adapters;
  const { renders, inspections, fetches } = createQueues(config, metrics, tracing);
  const isAllowed = overrides.isAllowedAddress ?? isPublicAddress;
  const shared = {
    ...adapters,
    inspect: onceForEach(({ path, formats }: SpooledFile, client: string) =>
      inspections.run(() => processor.inspect(path, formats), Demand.of(client)),
    ),
    failedRenders: new FailedRenders(limits.failedRenderSeconds),
    hashLocks: new KeyedMutex(),
    limits,
    defaultLocale: config.defaultLocale,
    now,
    newImageId: () => randomUUID() as ImageId,
    newPublicId: () => newPublicId() as PublicId,
  };
  const readThrough = openReadThrough({
    locations: config.upstreams,
    credentials: config.upstreamCredentials,
    imports: createImportService(shared),
    spool: adapters.spool,
    read: state.read,
    limits,
    now,
    meter: metrics,
    onFailure: atMostEvery(upstreamLogMs, (api: string, error: unknown) =>
      log.warn({ err: error, api }, 'an image that is missing here could not be imported'),
    ),
  });
  const images = createImageService({
    ...shared,
    readThrough,
    publicImages: state.publicImages,
    renders,
    whenIdle: (work, signal) => inspections.run(work, Demand.of(nobody, signal)),
    fetches,
    remoteFiles:
      limits.urlFetches === 0
        ? undefined
        : createRemoteFiles({ limits, httpHosts: config.uploadHttpHosts, isAllowed, resolve: overrides.resolveName }),
    bytesGraceMs: config.bytesGraceMs,
    changeRetentionMs: config.changeRetentionMs,
    accountLocks: new KeyedMutex(),
    meter: metrics,
  });
  const urlProbe = config.metalUrlCheck ? createUrlProbe({ limits, isAllowed }) : undefined;
  const tokenDependencies = { state, now, newGrantId: randomUUID, openSecret: randomBytes(32) };
  const failedAttempts = new FailedAttempts(limits.failedAuthentications);
  return {
    images,
    metal: createMetalImageService({ state, changes, limits, now, urlProbe, readThrough }),
    readThrough,
    tokens: createTokenService(tokenDependencies),
    ...createWebhooks(config, adapters, { overrides, log, now, metrics }),
    rendersAhead: createRendersAhead(config, adapters, images, { log, metrics }),
    cdnPurges: createPurges(config, adapters, { overrides, log, metrics }),
    failedAttempts,
    ...createAuthentication(config, failedAttempts, tokenDependencies, log),
  };
};

/** Test events that are sent at the same time, and that wait. */
const testSends = { concurrency: 8, capacity: 32 } as const;

const createWebhooks = (
  config: Config,
  { state, changes }: Adapters,
  { overrides, log, now, metrics }: Omit<Surroundings, 'tracing'>,
) => {
  const { limits } = config;
  const isAllowed = config.webhookPrivateAddresses ? () => true : (overrides.isAllowedAddress ?? isPublicAddress);
  const sender = createHttpMessageSender({
    isAllowed,
    resolve: overrides.resolveName,
    allowsHttp: config.webhookPrivateAddresses,
  });
  const webhookDeliveries = new WebhookDeliveries({
    state,
    changes,
    sender,
    limits,
    now,
    retryMs: overrides.webhookRetryMs ?? standardRetryMs,
    isShared: state.isShared,
    meter: metrics,
    onFault: atMostEvery(deliveryLogMs, (error: unknown) => log.error({ err: error }, 'webhooks were not delivered')),
  });
  metrics.watchWebhooks(() => state.read.webhooks.oldestPending(), now);
  const webhooks = createWebhookService({
    state,
    changes,
    sender,
    testSends: new BoundedQueue({
      concurrency: testSends.concurrency,
      room: {
        capacity: testSends.capacity,
        onFull: () => new UnavailableError('The server has as many test events to send as it accepts.', 1),
      },
    }),
    limits,
    now,
    newWebhookId: () => randomUUID() as WebhookId,
    onChange: () => webhookDeliveries.lookAgain(),
  });
  return { webhooks, webhookDeliveries };
};

const createPurges = (
  { cdnPurge, cdnTags }: Config,
  { state }: Adapters,
  { overrides, log, metrics }: Omit<Surroundings, 'now' | 'tracing'>,
): CdnPurges | null => {
  if (!cdnPurge) return null;
  const { url, token } = cdnPurge;
  // the operator has given the URL: it may be one of the server's own network
  const sender = createHttpMessageSender({ isAllowed: () => true, resolve: overrides.resolveName, allowsHttp: true });
  const purges = new CdnPurges({
    state,
    sender,
    url,
    headersOf: purgeHeaders(cdnTags, token),
    repeatMs: overrides.purgeRepeatMs ?? standardRepeatMs,
    retryMs: overrides.purgeRetryMs ?? standardPurgeRetryMs,
    isShared: state.isShared,
    meter: metrics,
    onFault: atMostEvery(deliveryLogMs, (error: unknown) => log.error({ err: error }, 'the CDN was not purged')),
  });
  metrics.watchPurges(() => purges.pendingSeconds);
  return purges;
};

const createRendersAhead = (
  { presets }: Config,
  { state, changes, variantCache }: Adapters,
  images: ImageService,
  { log, metrics }: Pick<Surroundings, 'log' | 'metrics'>,
): RendersAhead | null => {
  const transforms = Array.from(presets.values()).flatMap(({ transform, eager }) => (eager ? [transform] : []));
  if (transforms.length === 0) return null;
  const rendersAhead = new RendersAhead({
    read: state.read,
    changes,
    cursor: variantCache.aheadCursor,
    transforms,
    renderAhead: images.renderAhead,
    isShared: state.isShared,
    meter: metrics,
    onFault: atMostEvery(deliveryLogMs, (error: unknown) =>
      log.error({ err: error }, 'a variant was not rendered ahead'),
    ),
  });
  metrics.watchRendersAhead(() => rendersAhead.waiting);
  return rendersAhead;
};

/** The queues of work on images: separate, so that neither renders nor uploads wait for the other. */
const createQueues = (
  config: Config,
  metrics: Metrics,
  tracing: Tracing | undefined,
): { renders: BoundedQueue; inspections: BoundedQueue; fetches: BoundedQueue } => {
  const timesOf = (queue: QueueName) => tracing?.queueTimes(queue, metrics.timesOf(queue)) ?? metrics.timesOf(queue);
  const renders = new BoundedQueue({
    concurrency: config.renderConcurrency,
    room: {
      capacity: config.renderQueue,
      onFull: () =>
        new UnavailableError('The server has as many images to render as it accepts. Try again in a second.', 1),
    },
    times: timesOf('render'),
  });
  const inspections = new BoundedQueue({
    concurrency: Math.min(config.renderConcurrency, maxInspections),
    times: timesOf('inspect'),
  });
  const fetches = new BoundedQueue({
    concurrency: config.limits.urlFetches,
    room: {
      capacity: config.renderQueue,
      onFull: () => new UnavailableError('The server fetches as many files as it accepts. Try again in a second.', 1),
    },
    times: timesOf('fetch'),
  });
  metrics.watchQueues({ render: renders, inspect: inspections, fetch: fetches });
  return { renders, inspections, fetches };
};

interface Authentication {
  readonly authenticate: Authenticate;
  /** By a key alone: a token is not accepted. */
  readonly authenticateByKey: Authenticate;
  /** Looks again at credentials that were accepted before: a failure does not count against the client. */
  readonly confirm: (authorization: string | undefined) => Promise<Caller>;
}

/** An open server ignores keys, so that the vendors' clients, which always send one, work with it too. */
const createAuthentication = (
  { auth }: Config,
  attempts: FailedAttempts,
  dependencies: TokenDependencies,
  log: Logger,
): Authentication => {
  const open = async () => openCaller;
  if (auth === 'open') return { authenticate: open, authenticateByKey: open, confirm: open };
  const callerOfKey = authenticateKey({
    ...dependencies,
    onFault: (error) => log.error({ err: error }, 'the use of a key was not noted'),
  });
  const callerOfToken = authenticateToken(dependencies);
  const byKey = async (authorization: string | undefined) => callerOfKey(parseCredentials(authorization));
  const confirm = async (authorization: string | undefined) => {
    const token = parseAccessToken(authorization);
    return token ? callerOfToken(token) : byKey(authorization);
  };
  return { authenticate: attempts.guard(confirm), authenticateByKey: attempts.guard(byKey), confirm };
};
