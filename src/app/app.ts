import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { DiskSpace, translatingStore } from '../blobs/disk-space.js';
import { openBlobStore } from '../blobs/open-blob-store.js';
import { FolderSpool } from '../blobs/spool.js';
import { nameOfStore } from '../blobs/store-location.js';
import { InProcessBus } from '../bus/in-process-bus.js';
import type { Config } from '../config.js';
import { ChangeFeed } from '../domain/changes/change-feed.js';
import { FailedRenders } from '../domain/delivery/failed-renders.js';
import { Variants } from '../domain/delivery/variants.js';
import { UnavailableError } from '../domain/errors.js';
import type { Token } from '../domain/identity/access-token.js';
import type { Credentials } from '../domain/identity/api-key.js';
import { authenticateKey } from '../domain/identity/authenticate-key.js';
import { authenticateToken } from '../domain/identity/authenticate-token.js';
import { type Authenticate, type Caller, openCaller } from '../domain/identity/caller.js';
import { createTokenService } from '../domain/identity/token-service.js';
import { type ImageId, type PublicId, publicIdLength } from '../domain/images/image.js';
import { createImageService, type ImageService } from '../domain/images/image-service.js';
import { createMetalImageService } from '../domain/metal/metal-image-service.js';
import type { BlobStore, ImageProcessor, SpooledFile } from '../domain/ports.js';
import { graphqlRoutes } from '../graphql/routes.js';
import { schemaRoute } from '../graphql/schema-route.js';
import { consolePath, consoleRoutes } from '../http/console.js';
import { faviconRoutes } from '../http/favicon.js';
import { frontPageRoute } from '../http/front-page.js';
import { healthRoutes } from '../http/health.js';
import { imageShortcut } from '../http/image-shortcut.js';
import { metricsRoute } from '../http/metrics.js';
import { originalRoute } from '../http/original.js';
import { publicImageRoute } from '../http/public-image.js';
import { stagedUploadRoute } from '../http/staged-upload.js';
import { alphanumericIds } from '../lib/alphanumeric-ids.js';
import { atMostEvery } from '../lib/at-most-every.js';
import { BoundedQueue } from '../lib/bounded-queue.js';
import { Demand } from '../lib/demand.js';
import { KeyedMutex } from '../lib/keyed-mutex.js';
import { onceForEach } from '../lib/once-for-each.js';
import { isPublicAddress } from '../lib/public-address.js';
import { Metrics } from '../metrics/metrics.js';
import { createImageProcessor } from '../pipeline/processor.js';
import { type DataLock, lockBlobFolder, lockDatabase, lockDataFolder } from '../state/data-lock.js';
import { nameOfDatabase } from '../state/database-location.js';
import { openStateAt } from '../state/open-state-at.js';
import { openVariantCache } from '../variants/variant-cache.js';
import { gleanRoutes } from '../vendors/glean/routes.js';
import { metalRoutes } from '../vendors/metal/routes.js';
import { mergeSlashes } from '../vendors/metal/routing.js';
import { createUrlProbe } from '../vendors/metal/url-probe.js';
import { oauthRoutes } from '../vendors/moov/oauth/routes.js';
import { moovRoutes } from '../vendors/moov/routes.js';
import { compressTexts } from '../web/bodies/compression.js';
import type { FinishedRequest } from '../web/connections/finished-requests.js';
import { defaultTimeouts, type ServerTimeouts } from '../web/connections/timeouts.js';
import { clientOf, identifyClients } from '../web/guards/client-of.js';
import { allowOrigins } from '../web/guards/cors.js';
import { parseAccessToken, parseCredentials } from '../web/guards/credentials.js';
import { guardAgainstForeignPages } from '../web/guards/cross-site-guard.js';
import { FailedAttempts } from '../web/guards/failed-attempts.js';
import { guardHost } from '../web/guards/host-guard.js';
import { ownUrl } from '../web/guards/own-url.js';
import { limitRates } from '../web/guards/rate-limit.js';
import { ImageAnswers } from '../web/images/image-answers.js';
import { createLogs } from '../web/log.js';
import { describeApi } from '../web/openapi.js';
import { createServer } from '../web/server.js';
import { entryPointsOf } from './entry-points.js';
import { pairForStart } from './pair-for-start.js';
import { requireForStart } from './start-requirement.js';
import { uploadCommand } from './upload-command.js';

/** What tests put in the place of the real thing. */
export interface Overrides {
  readonly blobs?: BlobStore;
  readonly processor?: (real: ImageProcessor) => ImageProcessor;
  readonly onQuery?: (sql: string) => void;
  readonly now?: () => Date;
  /** Which addresses the check of a metal image's URL may ask. */
  readonly isAllowedAddress?: (address: string) => boolean;
  /** False sends all of GraphQL through Yoga's own requests and responses. */
  readonly directGraphql?: boolean;
  readonly onRoute?: (route: { readonly method: string | string[]; readonly url: string }) => void;
  readonly timeouts?: Partial<ServerTimeouts>;
  readonly logStream?: { write(line: string): void };
}

export interface App {
  /** Starts to listen and resolves with the base URL that clients use. */
  listen(): Promise<string>;
  /** Finishes what is in flight and lets go of everything. */
  close(): Promise<void>;
  readonly images: ImageService;
  readonly changes: ChangeFeed;
}

/** A decoded image may need 200 MB: more at once would finish no sooner and hold more memory. */
const maxInspections = 4;
const shortageLogMs = 1_000;
const cacheFaultLogMs = 60_000;
const sweepIntervalMs = 10 * 60 * 1000;
const newPublicId = alphanumericIds(publicIdLength);

/** Builds the server of a configuration. It has the data folder for itself until it is closed. */
export const createApp = async (config: Config, overrides: Overrides = {}): Promise<App> => {
  const { limits } = config;
  const now = overrides.now ?? (() => new Date());
  const { log, logRequest } = createLogs(config.logLevel, overrides.logStream);
  const bus = new InProcessBus();
  const dataFolderRefusal = `The data folder ${config.dataFolder} cannot be used`;
  const { blobStore, database } = config;
  const databaseRefusal = `The database ${nameOfDatabase(database)} cannot be used`;
  const blobStoreRefusal =
    blobStore.kind === 'folder'
      ? `The folder ${blobStore.path} cannot be used for images`
      : `The store ${nameOfStore(blobStore)} cannot be used for images`;
  const locks = await lockAll([
    () => requireForStart(dataFolderRefusal, () => lockDataFolder(config.dataFolder)),
    ...(database.kind === 'file' ? [() => requireForStart(databaseRefusal, () => lockDatabase(database.path))] : []),
    ...(blobStore.kind === 'folder'
      ? [() => requireForStart(blobStoreRefusal, () => lockBlobFolder(blobStore.path))]
      : []),
  ]);
  const space = new DiskSpace({
    folders: [
      ...(database.kind === 'file' ? [dirname(database.path)] : []),
      config.dataFolder,
      ...(blobStore.kind === 'folder' ? [blobStore.path] : []),
    ],
    headRoomBytes: limits.headRoomBytes,
    onFailure: atMostEvery(shortageLogMs, (err: unknown) =>
      log.error({ err }, 'the disk is full, or the server lacks file descriptors or memory'),
    ),
  });
  const state = await requireForStart(databaseRefusal, () =>
    openStateAt(database, {
      migrate: config.migrate,
      limits,
      onQuery: overrides.onQuery,
      bus,
      now,
      translate: (error) => space.translate(error),
    }),
  );
  const spool = await requireForStart(dataFolderRefusal, () => FolderSpool.open(join(config.dataFolder, 'tmp'), space));
  let baseUrl = config.publicUrl ?? '';
  // until the start is done, a failure is its message
  let logStoreFailure: (failure: unknown) => void = () => undefined;
  const openedStore = await requireForStart(blobStoreRefusal, () =>
    openBlobStore(blobStore, {
      dataFolder: config.dataFolder,
      originalCacheBytes: config.originalCacheBytes,
      fetchQueue: config.renderQueue,
      limits,
      space,
      uploadUrl: ({ accountId, id }) => `${baseUrl}/uploads/${accountId}/${id}`,
      now,
      onFailure: (err) => logStoreFailure(err),
    }),
  );
  const blobs = translatingStore(overrides.blobs ?? openedStore.blobs, space);
  try {
    await requireForStart(blobStoreRefusal, () => pairForStart(config, state, blobs));
  } catch (error) {
    openedStore.close();
    await state.close();
    for (const lock of locks) lock.release();
    throw error;
  }
  logStoreFailure = atMostEvery(shortageLogMs, (err) => log.error({ err }, 'the store of the images failed'));
  const changes = await ChangeFeed.open(await state.read.storeId(), state.read.changes);
  bus.consume((commit) => changes.follow(commit));
  state.follow({
    lost: (err) => {
      log.error({ err }, 'changes of other servers are not heard of: nothing is served from memory');
      changes.interrupt();
    },
    live: () => changes.resume(),
  });
  const realProcessor = createImageProcessor(
    limits,
    atMostEvery(shortageLogMs, (cause: unknown) =>
      log.error({ err: cause }, 'an image was not processed for want of file descriptors, memory, threads or disk'),
    ),
  );
  const processor = overrides.processor?.(realProcessor) ?? realProcessor;
  const metrics = new Metrics();
  const { renders, inspections } = createQueues(config, metrics);
  const variantCache = openVariantCache({
    folder: config.variantFolder,
    budgetBytes: config.variantCacheBytes,
    space,
    onFault: atMostEvery(cacheFaultLogMs, (error: unknown) =>
      log.error({ err: error }, 'the variant cache failed; variants are served without'),
    ),
  });
  metrics.watchVariantCache(() => variantCache.usage());
  const images = createImageService({
    state,
    publicImages: state.publicImages,
    blobs,
    space,
    variantCache,
    failedRenders: new FailedRenders(limits.failedRenderSeconds),
    processor,
    renders,
    inspect: onceForEach(({ path }: SpooledFile, client: string) =>
      inspections.run(() => processor.inspect(path), Demand.of(client)),
    ),
    bytesGraceMs: config.bytesGraceMs,
    changeRetentionMs: config.changeRetentionMs,
    hashLocks: new KeyedMutex(),
    staging: openedStore.staging,
    spool,
    accountLocks: new KeyedMutex(),
    changes,
    limits,
    meter: metrics,
    now,
    newImageId: () => randomUUID() as ImageId,
    newPublicId: () => newPublicId() as PublicId,
  });
  const isAllowed = overrides.isAllowedAddress ?? isPublicAddress;
  const urlProbe = config.metalUrlCheck ? createUrlProbe({ limits, isAllowed }) : undefined;
  const metal = createMetalImageService({ state, changes, limits, now, urlProbe });
  const tokenDependencies = { state, now, newGrantId: randomUUID, openSecret: randomBytes(32) };
  const failedAttempts = new FailedAttempts(limits.failedAuthentications);
  const { authenticate, authenticateByKey, confirm } = createAuthentication(config, failedAttempts, {
    callerOfKey: authenticateKey({
      state,
      now,
      onFault: (error) => log.error({ err: error }, 'the use of a key was not noted'),
    }),
    callerOfToken: authenticateToken(tokenDependencies),
  });

  const finished = (request: FinishedRequest): void => {
    metrics.requestFinished(request);
    logRequest(request);
  };
  const answers = new ImageAnswers(images);
  // an open server judges a request by the host that a trusted proxy was asked for
  const looksBehindProxies = config.auth === 'open' && config.trustedProxies.length > 0;
  const server = createServer({
    limits,
    log,
    timeouts: { ...defaultTimeouts, ...overrides.timeouts },
    // what is counted goes the whole way
    shortcut:
      config.rateLimits.publicPerMinute > 0 ? () => false : imageShortcut(answers, finished, looksBehindProxies),
    trustedProxies: config.trustedProxies,
    rewriteUrl: mergeSlashes(config.metalBasePath),
    finished,
  });
  if (overrides.onRoute) server.addHook('onRoute', overrides.onRoute);
  let isStopping = false;
  const variants = new Variants(() => baseUrl, limits);
  // where keys are asked for, a page that comes by another name has none to send
  if (config.auth === 'open') guardHost(server, config.publicUrl);
  await allowOrigins(server, config.corsOrigins);
  compressTexts(server);
  healthRoutes(server, {
    running: async () => {
      if (isStopping) throw new Error('The server is stopping.');
    },
    database: () => state.check(),
    changes: () => state.checkHeard(),
    blobStore: () => openedStore.check(),
    diskSpace: () => space.require(),
    dataFolder: () => writeFile(join(config.dataFolder, 'ready'), 'written by the readiness check'),
  });
  metricsRoute(server, metrics);
  faviconRoutes(server);
  if (config.console) await consoleRoutes(server);
  frontPageRoute(server, {
    entryPoints: entryPointsOf(config),
    baseUrl: () => baseUrl,
    asksForKey: config.auth === 'keys',
    console: config.console ? consolePath : null,
    uploadCommand: () => uploadCommand(baseUrl, config.auth === 'keys'),
  });
  // both see the routes that are registered after them; a route that looks at no key has no caller
  identifyClients(server);
  await limitRates(server, { ...config.rateLimits, keyOf: ({ caller }) => caller?.keyId ?? null });
  await describeApi(server, { baseUrl: () => baseUrl });
  publicImageRoute(server, answers);
  originalRoute(server, images, authenticate);
  stagedUploadRoute(server, images, spool);
  await server.register(async (vendors) => {
    guardAgainstForeignPages(vendors, config.corsOrigins);
    await vendors.register(moovRoutes, { images, variants, spool, limits, authenticate, deletes: config.moovDelete });
    await vendors.register(oauthRoutes, {
      tokens: createTokenService(tokenDependencies),
      authenticate,
      authenticateByKey,
    });
    await vendors.register(metalRoutes, {
      metal,
      authenticate,
      basePath: config.metalBasePath,
      hmacKeys: config.metalHmacKeys,
      noteFailure: (address) => failedAttempts.note(address),
      limits,
      now,
    });
    await vendors.register(gleanRoutes, {
      images,
      authenticate,
      accountId: config.gleanAccountId,
      baseUrl: () => baseUrl,
      spool,
      limits,
    });
  });
  schemaRoute(server, config);
  await server.register(graphqlRoutes, {
    services: { images, metal, variants, limits },
    spool,
    authenticate,
    confirm,
    asksForKey: config.auth === 'keys',
    introspection: config.introspection,
    countOperation: (kind, outcome) => metrics.operationFinished(kind, outcome),
    graphiql: config.graphiql,
    clientOf,
    direct: overrides.directGraphql ?? true,
    baseUrl: () => baseUrl,
  });

  const closing = new AbortController();
  let sweeping: Promise<unknown> = Promise.resolve();
  const sweep = (): void => {
    sweeping = state
      .once(async () => {
        await images
          .sweep(closing.signal)
          .catch((error: unknown) => log.error({ err: error }, 'some unnamed bytes could not be removed'));
        await images
          .expireChanges(closing.signal)
          .catch((error: unknown) => log.error({ err: error }, 'old changes could not be removed from the journal'));
      })
      .catch((error: unknown) => log.error({ err: error }, 'nothing was swept'))
      // those of a folder are this server's own
      .then(() => images.expireUploads(closing.signal))
      .catch((error: unknown) => log.error({ err: error }, 'expired uploads could not be removed'));
  };
  const sweeper = setInterval(sweep, sweepIntervalMs);

  return {
    images,
    changes,
    async listen() {
      await requireForStart(`The server cannot listen at port ${config.port} of ${config.host}`, () =>
        server.listen({ host: config.host, port: config.port }),
      );
      const { port } = server.server.address() as AddressInfo;
      baseUrl = config.publicUrl ?? ownUrl(config.host, port);
      sweep();
      return baseUrl;
    },
    async close() {
      clearInterval(sweeper);
      isStopping = true;
      // their streams would keep the server from closing
      changes.close();
      await server.close();
      closing.abort();
      await sweeping;
      await spool.close();
      await variantCache.close();
      await state.close();
      openedStore.close();
      for (const lock of locks) lock.release();
    },
  };
};

/** Acquires one lock after the other; if one is refused, none is kept. */
const lockAll = async (takes: readonly (() => Promise<DataLock>)[]): Promise<DataLock[]> => {
  const taken: DataLock[] = [];
  try {
    for (const take of takes) taken.push(await take());
    return taken;
  } catch (error) {
    for (const lock of taken) lock.release();
    throw error;
  }
};

/** The queues of work on images: apart, so that neither renders nor uploads keep the others waiting. */
const createQueues = (config: Config, metrics: Metrics): { renders: BoundedQueue; inspections: BoundedQueue } => {
  const renders = new BoundedQueue({
    concurrency: config.renderConcurrency,
    room: {
      capacity: config.renderQueue,
      onFull: () =>
        new UnavailableError('The server has as many images to render as it accepts. Try again in a second.', 1),
    },
    times: metrics.timesOf('render'),
  });
  const inspections = new BoundedQueue({
    concurrency: Math.min(config.renderConcurrency, maxInspections),
    times: metrics.timesOf('inspect'),
  });
  metrics.watchQueues({ render: renders, inspect: inspections });
  return { renders, inspections };
};

type CallerOf<Credentials> = (credentials: Credentials) => Promise<Caller>;

/** An open server ignores keys, so that the vendors' clients, which always send one, work with it too. */
const createAuthentication = (
  { auth }: Config,
  attempts: FailedAttempts,
  of: { callerOfKey: CallerOf<Credentials | null>; callerOfToken: CallerOf<Token> },
): { authenticate: Authenticate; authenticateByKey: Authenticate; confirm: CallerOf<string | undefined> } => {
  const open = async () => openCaller;
  if (auth === 'open') return { authenticate: open, authenticateByKey: open, confirm: open };
  const byKey = async (authorization: string | undefined) => of.callerOfKey(parseCredentials(authorization));
  const confirm = async (authorization: string | undefined) => {
    const token = parseAccessToken(authorization);
    return token ? of.callerOfToken(token) : byKey(authorization);
  };
  return { authenticate: attempts.guard(confirm), authenticateByKey: attempts.guard(byKey), confirm };
};
