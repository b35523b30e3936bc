import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { ChangeFeed } from '../domain/changes/change-feed.js';
import type { Commit } from '../domain/changes/changes.js';
import { TransformPolicy } from '../domain/delivery/transform-policy.js';
import { signingKeyLength, UrlSigner } from '../domain/delivery/url-signer.js';
import type { ImageService } from '../domain/images/image-service.js';
import { SignedOriginals } from '../domain/originals/signed-originals.js';
import { readTrustedDocuments, TrustedDocuments, TrustedDocumentsError } from '../graphql/trusted-documents.js';
import { consoleDocuments } from '../http/console.js';
import { imageShortcut } from '../http/image-shortcut.js';
import { Metrics } from '../metrics/metrics.js';
import { StartRefusedError } from '../state/start-refused-error.js';
import { Tracing } from '../telemetry/tracing.js';
import { mergeSlashes } from '../vendors/metal/routing.js';
import type { FinishedRequest } from '../web/connections/finished-requests.js';
import { defaultTimeouts } from '../web/connections/timeouts.js';
import { cdnHeaders } from '../web/images/cdn-headers.js';
import { ImageResponses } from '../web/images/image-responses.js';
import { createLogs } from '../web/log.js';
import { createServer } from '../web/server.js';
import { createServices } from './create-services.js';
import { Deliverer, type Duty, type JournalConsumer, onEachServer } from './deliverer.js';
import { Lifecycle } from './lifecycle.js';
import { mountRoutes } from './mount-routes.js';
import { type Adapters, openAdapters } from './open-adapters.js';
import type { Overrides } from './overrides.js';
import { ownUrl } from './start-message.js';
import { requireForStart } from './start-requirement.js';
import { Upkeep } from './upkeep.js';

export interface App {
  /** Starts to listen and resolves with the base URL that clients use. If that fails, the app is closed. */
  listen(): Promise<string>;
  /** Finishes what is in flight and releases everything. */
  close(): Promise<void>;
  readonly images: ImageService;
  readonly changes: ChangeFeed;
}

/** Builds the server of a configuration. It has the data folder for itself until it is closed; a start that fails releases everything. */
export const createApp = (config: Config, overrides: Overrides = {}): Promise<App> => {
  const lifecycle = new Lifecycle();
  return lifecycle.orClose(() => start(config, overrides, lifecycle));
};

const start = async (config: Config, overrides: Overrides, lifecycle: Lifecycle): Promise<App> => {
  const now = overrides.now ?? (() => new Date());
  const trusted = await trustedDocumentsOf(config);
  const tracing = Tracing.ifRegistered();
  if (tracing) lifecycle.onClose(() => tracing.flush());
  const traceId = tracing && (() => tracing.traceId());
  const { log, logRequest } = createLogs(config.logLevel, overrides.logStream, traceId);
  const metrics = new Metrics();
  let baseUrl = config.publicUrl ?? '';
  const adapters = await openAdapters(config, {
    overrides,
    log,
    now,
    lifecycle,
    metrics,
    tracing,
    baseUrl: () => baseUrl,
  });
  metrics.watchVariantCache(() => adapters.variantCache.usage());
  const services = createServices(config, adapters, { overrides, log, now, metrics, tracing });
  const upkeep = new Upkeep(adapters.state, services.images, log);
  lifecycle.onClose(() => upkeep.stop());
  const { webhookDeliveries, cdnPurges, rendersAhead } = services;
  const deliverers = [
    createDeliverer('delivery', webhookDeliveries, adapters, log),
    ...(cdnPurges ? [createDeliverer('purges', cdnPurges, adapters, log)] : []),
    ...(rendersAhead ? [createDeliverer(null, rendersAhead, adapters, log)] : []),
  ];
  for (const deliverer of deliverers) lifecycle.onClose(() => deliverer.stop());
  const [signingKey, ...olderKeys] = config.signingKeys;
  const signer = signingKey === undefined ? null : new UrlSigner([signingKey, ...olderKeys]);
  const policy = new TransformPolicy({
    rule: config.transforms,
    presets: config.presets,
    signer,
    now,
  });
  const signedOriginals = new SignedOriginals({
    // without a key of the operator's, what is signed is good until the server stops
    signer: signer ?? new UrlSigner([randomBytes(signingKeyLength).toString('hex')]),
    limits: config.limits,
    now,
  });
  const cdn = cdnHeaders(config.cdnTags, config.cdnPurge !== null);
  const responses = new ImageResponses(services.images, policy, now, cdn);
  const finished = (request: FinishedRequest): void => {
    metrics.requestFinished(request);
    logRequest(request, tracing?.traceId(request.response));
    tracing?.requestFinished(request);
  };
  // an open server judges a request by the host that a trusted proxy was asked for
  const looksBehindProxies = config.auth === 'open' && config.trustedProxies.length > 0;
  const server = createServer({
    limits: config.limits,
    log,
    timeouts: { ...defaultTimeouts, ...overrides.timeouts },
    // what is counted goes the whole way
    shortcut:
      config.rateLimits.publicPerMinute > 0 ? () => false : imageShortcut(responses, finished, looksBehindProxies),
    around: tracing && ((request, response, handle) => tracing.request(request, response, handle)),
    trustedProxies: config.trustedProxies,
    rewriteUrl: mergeSlashes(config.metalBasePath),
    finished,
  });
  lifecycle.onClose(() => server.close());
  // open streams would keep the server from closing, so they end first
  lifecycle.onClose(() => adapters.changes.close());
  // requests that wait for an API would keep it from closing too
  lifecycle.onClose(() => services.readThrough?.close());
  if (overrides.onRoute) server.addHook('onRoute', overrides.onRoute);
  const direct = overrides.directGraphql ?? true;
  const { compileAfter } = overrides;
  const parts = {
    adapters,
    services,
    policy,
    signedOriginals,
    responses,
    cdn,
    metrics,
    tracing,
    lifecycle,
    now,
    direct,
    compileAfter,
    trusted,
    looksBehindProxies,
    finished,
    baseUrl: () => baseUrl,
  };
  await mountRoutes(server, config, parts);

  return {
    images: services.images,
    changes: adapters.changes,
    listen: () =>
      lifecycle.orClose(async () => {
        await requireForStart(`The server cannot listen at port ${config.port} of ${config.host}`, () =>
          server.listen({ host: config.host, port: config.port }),
        );
        const { port } = server.server.address() as AddressInfo;
        baseUrl = config.publicUrl ?? ownUrl(config.host, port);
        upkeep.start();
        for (const deliverer of deliverers) deliverer.start();
        return baseUrl;
      }),
    close: () => lifecycle.close(),
  };
};

/**
 * The documents of the operator, and those that the server's own console sends.
 * @throws {StartRefusedError} if the file cannot be used.
 */
const trustedDocumentsOf = async ({ trustedDocuments, limits, introspection, console }: Config) => {
  if (!trustedDocuments) return new TrustedDocuments();
  try {
    const documents = readTrustedDocuments(trustedDocuments.path, { limits, introspection });
    const trusted = new TrustedDocuments(documents, trustedDocuments.mode);
    if (console) for (const text of await consoleDocuments()) trusted.add(text);
    return trusted;
  } catch (error) {
    throw error instanceof TrustedDocumentsError ? new StartRefusedError(error.message) : error;
  }
};

/** What follows the journal, as a duty of one server or of each, and hears of each commit of this one. */
const createDeliverer = (
  duty: Duty | null,
  consumer: JournalConsumer & { follow(commit: Commit): void },
  { state, bus }: Adapters,
  log: Logger,
): Deliverer => {
  bus.consume((commit) => consumer.follow(commit));
  const whileInCharge =
    duty === null ? onEachServer : (work: Parameters<typeof onEachServer>[0]) => state.once(duty, work);
  return new Deliverer(whileInCharge, consumer, (err) => log.error({ err }, 'changes were not delivered'));
};
