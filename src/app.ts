import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { customAlphabet } from 'nanoid';
import { FileSystemBlobStore } from './blobs/file-system.js';
import { FolderSpool } from './blobs/spool.js';
import type { Config } from './config.js';
import { openCaller } from './domain/caller.js';
import { UnavailableError } from './domain/errors.js';
import { type ImageId, type PublicId, publicIdLength } from './domain/image.js';
import type { BlobStore, ImageProcessor } from './domain/ports.js';
import { createImageService, type ImageService } from './domain/services/image-service.js';
import { Variants } from './domain/services/variants.js';
import { graphqlRoutes } from './graphql/routes.js';
import { guardHost } from './http/host-guard.js';
import { describeApi } from './http/openapi.js';
import { limitRates } from './http/rate-limit.js';
import { originalRoute } from './http/routes/original.js';
import { publicImageRoute } from './http/routes/public-image.js';
import { createServer } from './http/server.js';
import { BoundedQueue } from './lib/bounded-queue.js';
import { KeyedMutex } from './lib/keyed-mutex.js';
import { createImageProcessor } from './pipeline/processor.js';
import { lockDataFolder } from './state/data-lock.js';
import { openState } from './state/state.js';
import { moovRoutes } from './vendors/moov/routes.js';

/** What tests put in the place of the real thing. */
export interface Overrides {
  readonly blobs?: BlobStore;
  readonly processor?: (real: ImageProcessor) => ImageProcessor;
  readonly onQuery?: (sql: string) => void;
  readonly now?: () => Date;
}

export interface App {
  /** Starts to listen and resolves with the base URL that clients use. */
  listen(): Promise<string>;
  /** Finishes what is in flight and lets go of everything. */
  close(): Promise<void>;
  readonly images: ImageService;
}

const sweepIntervalMs = 60 * 60 * 1000;
const newPublicId = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', publicIdLength);

/** Builds the server of a configuration. It has the data folder for itself until it is closed. */
export const createApp = async (config: Config, overrides: Overrides = {}): Promise<App> => {
  const { limits } = config;
  await mkdir(config.dataFolder, { recursive: true });
  const lock = lockDataFolder(config.dataFolder);
  const state = await openState({ path: config.databasePath, onQuery: overrides.onQuery });
  const spool = await FolderSpool.open(join(config.dataFolder, 'tmp'));
  const processor = createImageProcessor(limits);
  const renders = new BoundedQueue(
    config.renderConcurrency,
    config.renderQueue,
    () => new UnavailableError('The server has as many pictures to make as it takes on. Try again in a moment.', 1),
  );
  const images = createImageService(
    {
      state,
      blobs: overrides.blobs ?? (await FileSystemBlobStore.open(config.blobFolder)),
      processor: overrides.processor?.(processor) ?? processor,
      hashLocks: new KeyedMutex(),
      limits,
      now: overrides.now ?? (() => new Date()),
      newImageId: () => randomUUID() as ImageId,
      newPublicId: () => newPublicId() as PublicId,
    },
    renders,
  );

  const server = createServer({ limits, logLevel: config.logLevel });
  let baseUrl = config.publicUrl ?? '';
  const variants = new Variants(() => baseUrl, limits);
  guardHost(server, config.publicUrl);
  // both see the routes that are registered after them
  await limitRates(server, { ...config.rateLimits, keyOf: () => null });
  await describeApi(server, { baseUrl: () => baseUrl });
  publicImageRoute(server, images);
  originalRoute(server, images);
  await server.register(moovRoutes, {
    images,
    variants,
    spool,
    limits,
    callerOf: async () => openCaller,
    deletes: config.moovDelete,
  });
  await server.register(graphqlRoutes, {
    services: { images, variants, limits },
    spool,
    introspection: config.introspection,
    graphiql: config.graphiql,
    corsOrigins: config.corsOrigins,
    baseUrl: () => baseUrl,
  });

  const sweep = (): void => {
    images.sweep().catch((error: unknown) => server.log.error({ err: error }, 'the sweep for unused bytes failed'));
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
      await server.close();
      await state.close();
      lock.release();
    },
  };
};
