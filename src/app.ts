import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { customAlphabet } from 'nanoid';
import { FileSystemBlobStore } from './blobs/file-system.js';
import { FolderSpool } from './blobs/spool.js';
import { openVariantCache } from './blobs/variant-cache.js';
import type { Config } from './config.js';
import { UnavailableError } from './domain/errors.js';
import { type ImageId, type PublicId, publicIdLength } from './domain/image.js';
import type { BlobStore, ImageProcessor } from './domain/ports.js';
import { createImageService, type ImageService } from './domain/services/image-service.js';
import { Variants } from './domain/services/variants.js';
import { graphqlRoutes } from './graphql/routes.js';
import type { FinishedRequest } from './http/finished-requests.js';
import { guardHost } from './http/host-guard.js';
import { ImageAnswers } from './http/image-answers.js';
import { imageShortcut } from './http/image-shortcut.js';
import { createLog } from './http/log.js';
import { healthRoutes } from './http/routes/health.js';
import { metricsRoute } from './http/routes/metrics.js';
import { originalRoute } from './http/routes/original.js';
import { publicImageRoute } from './http/routes/public-image.js';
import { createServer } from './http/server.js';
import { defaultTimeouts, type ServerTimeouts } from './http/timeouts.js';
import { atMostEvery } from './lib/at-most-every.js';
import { BoundedQueue } from './lib/bounded-queue.js';
import { KeyedMutex } from './lib/keyed-mutex.js';
import { Metrics } from './metrics/metrics.js';
import { createImageProcessor } from './pipeline/processor.js';
import { lockDataFolder } from './state/data-lock.js';
import { openState } from './state/state.js';

/** What tests put in the place of the real thing. */
export interface Overrides {
  readonly blobs?: BlobStore;
  readonly processor?: (real: ImageProcessor) => ImageProcessor;
  readonly onQuery?: (sql: string) => void;
  readonly now?: () => Date;
  readonly timeouts?: Partial<ServerTimeouts>;
  readonly logStream?: { write(line: string): void };
}

export interface App {
  /** Starts to listen and resolves with the base URL that clients use. */
  listen(): Promise<string>;
  /** Finishes what is in flight and lets go of everything. */
  close(): Promise<void>;
  readonly images: ImageService;
}

/** A decoded picture may take 200 MB: more at once would finish no sooner and hold more memory. */
const maxInspections = 4;
const cacheFaultLogMs = 60_000;
const sweepIntervalMs = 60 * 60 * 1000;
const newPublicId = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', publicIdLength);

/** Builds the server of a configuration. It has the data folder for itself until it is closed. */
export const createApp = async (config: Config, overrides: Overrides = {}): Promise<App> => {
  const { limits } = config;
  const log = createLog(config.logLevel, overrides.logStream);
  await mkdir(config.dataFolder, { recursive: true });
  const lock = lockDataFolder(config.dataFolder);
  const state = await openState({ path: config.databasePath, onQuery: overrides.onQuery });
  const spool = await FolderSpool.open(join(config.dataFolder, 'tmp'));
  const processor = createImageProcessor(limits);
  const metrics = new Metrics();
  const { renders, inspections } = createQueues(config, metrics);
  const variantCache = openVariantCache({
    folder: config.variantFolder,
    budgetBytes: config.variantCacheBytes,
    onFault: atMostEvery(cacheFaultLogMs, (error: unknown) =>
      log.error({ err: error }, 'the variant cache failed; variants are served without'),
    ),
  });
  metrics.watchVariantCache(() => variantCache.usage());
  const images = createImageService({
    state,
    publicImages: state.publicImages,
    blobs: overrides.blobs ?? (await FileSystemBlobStore.open(config.blobFolder)),
    variantCache,
    processor: overrides.processor?.(processor) ?? processor,
    renders,
    inspections,
    hashLocks: new KeyedMutex(),
    limits,
    meter: metrics,
    now: overrides.now ?? (() => new Date()),
    newImageId: () => randomUUID() as ImageId,
    newPublicId: () => newPublicId() as PublicId,
  });

  const finished = (request: FinishedRequest): void => {
    metrics.requestFinished(request);
    log.info({ ...request, ms: Math.round(request.ms * 10) / 10 }, 'request');
  };
  const answers = new ImageAnswers(images);
  const server = createServer({
    limits,
    log,
    timeouts: { ...defaultTimeouts, ...overrides.timeouts },
    shortcut: imageShortcut(answers, finished),
    finished,
  });
  let isStopping = false;
  let baseUrl = config.publicUrl ?? '';
  const variants = new Variants(() => baseUrl, limits);
  guardHost(server, config.publicUrl);
  healthRoutes(server, {
    running: async () => {
      if (isStopping) throw new Error('The server is stopping.');
    },
    database: () => state.check(),
    dataFolder: () => writeFile(join(config.dataFolder, 'ready'), 'written by the readiness check'),
  });
  metricsRoute(server, metrics);
  publicImageRoute(server, answers);
  originalRoute(server, images);
  await server.register(graphqlRoutes, {
    services: { images, variants, limits },
    spool,
    introspection: config.introspection,
    countOperation: (kind, outcome) => metrics.operationFinished(kind, outcome),
    graphiql: config.graphiql,
    corsOrigins: config.corsOrigins,
    baseUrl: () => baseUrl,
  });

  const sweep = (): void => {
    images.sweep().catch((error: unknown) => log.error({ err: error }, 'the sweep for unused bytes failed'));
  };
  const sweeper = setInterval(sweep, sweepIntervalMs);

  return {
    images,
    async listen() {
      await server.listen({ host: config.host, port: config.port });
      const { port } = server.server.address() as AddressInfo;
      const host = config.host.includes(':') ? `[${config.host}]` : config.host;
      baseUrl = config.publicUrl ?? `http://${host}:${port}`;
      sweep();
      return baseUrl;
    },
    async close() {
      clearInterval(sweeper);
      isStopping = true;
      await server.close();
      await variantCache.close();
      await state.close();
      lock.release();
    },
  };
};

/** The lines that work on pictures stands in: apart, so that neither renders nor uploads keep the others waiting. */
const createQueues = (config: Config, metrics: Metrics): { renders: BoundedQueue; inspections: BoundedQueue } => {
  const renders = new BoundedQueue({
    concurrency: config.renderConcurrency,
    room: {
      capacity: config.renderQueue,
      onFull: () =>
        new UnavailableError('The server has as many pictures to make as it takes on. Try again in a moment.', 1),
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
