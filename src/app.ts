import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { FileSystemBlobStore } from './blobs/file-system.js';
import { FolderSpool } from './blobs/spool.js';
import type { Config } from './config.js';
import { type Authenticate, openCaller } from './domain/caller.js';
import { ChangeFeed } from './domain/change-feed.js';
import { UnavailableError } from './domain/errors.js';
import { type ImageId, type PublicId, publicIdLength } from './domain/image.js';
import type { BlobStore, ImageProcessor } from './domain/ports.js';
import { authenticateKey } from './domain/services/authenticate-key.js';
import { createImageService, type ImageService } from './domain/services/image-service.js';
import { createMetalImageService } from './domain/services/metal-image-service.js';
import { Variants } from './domain/services/variants.js';
import { graphqlRoutes } from './graphql/routes.js';
import { parseCredentials } from './http/credentials.js';
import { guardAgainstForeignPages } from './http/cross-site-guard.js';
import { guardHost } from './http/host-guard.js';
import { describeApi } from './http/openapi.js';
import { limitRates } from './http/rate-limit.js';
import { originalRoute } from './http/routes/original.js';
import { publicImageRoute } from './http/routes/public-image.js';
import { createServer } from './http/server.js';
import { alphanumericIds } from './lib/alphanumeric-ids.js';
import { BoundedQueue } from './lib/bounded-queue.js';
import { KeyedMutex } from './lib/keyed-mutex.js';
import { createImageProcessor } from './pipeline/processor.js';
import { requireForStart } from './start-requirement.js';
import { lockDataFolder } from './state/data-lock.js';
import { openState } from './state/state.js';
import { moovRoutes } from './vendors/moov/routes.js';

/** What tests put in the place of the real thing. */
export interface Overrides {
  readonly blobs?: BlobStore;
  readonly processor?: (real: ImageProcessor) => ImageProcessor;
  readonly onQuery?: (sql: string) => void;
  readonly changes?: ChangeFeed;
  readonly now?: () => Date;
  readonly onRoute?: (route: { readonly method: string | string[]; readonly url: string }) => void;
}

export interface App {
  /** Starts to listen and resolves with the base URL that clients use. */
  listen(): Promise<string>;
  /** Finishes what is in flight and lets go of everything. */
  close(): Promise<void>;
  readonly images: ImageService;
}

const sweepIntervalMs = 60 * 60 * 1000;
const newPublicId = alphanumericIds(publicIdLength);

/** Builds the server of a configuration. It has the data folder for itself until it is closed. */
export const createApp = async (config: Config, overrides: Overrides = {}): Promise<App> => {
  const { limits } = config;
  const now = overrides.now ?? (() => new Date());
  const changes = overrides.changes ?? new ChangeFeed();
  const dataFolderRefusal = `The data folder ${config.dataFolder} cannot be used`;
  const lock = await requireForStart(dataFolderRefusal, () => lockDataFolder(config.dataFolder));
  const state = await requireForStart(`The database ${config.databasePath} cannot be used`, async () => {
    await mkdir(dirname(config.databasePath), { recursive: true });
    return openState({
      path: config.databasePath,
      onQuery: overrides.onQuery,
      onCommit: (committed) => changes.publish(committed),
    });
  });
  const spool = await requireForStart(dataFolderRefusal, () => FolderSpool.open(join(config.dataFolder, 'tmp')));
  const blobs = await requireForStart(
    `The folder ${config.blobFolder} cannot be used for images`,
    () => overrides.blobs ?? FileSystemBlobStore.open(config.blobFolder),
  );
  const processor = createImageProcessor(limits);
  const renders = new BoundedQueue(
    config.renderConcurrency,
    config.renderQueue,
    () => new UnavailableError('The server has as many pictures to make as it takes on. Try again in a moment.', 1),
  );
  const images = createImageService(
    {
      state,
      blobs,
      processor: overrides.processor?.(processor) ?? processor,
      hashLocks: new KeyedMutex(),
      changes,
      limits,
      now,
      newImageId: () => randomUUID() as ImageId,
      newPublicId: () => newPublicId() as PublicId,
    },
    renders,
  );

  const server = createServer({ limits, logLevel: config.logLevel });
  if (overrides.onRoute) server.addHook('onRoute', overrides.onRoute);
  let baseUrl = config.publicUrl ?? '';
  const variants = new Variants(() => baseUrl, limits);
  const callerOfKey = authenticateKey({
    state,
    now,
    onFault: (error) => server.log.error({ err: error }, 'the use of a key was not noted'),
  });
  const authenticate: Authenticate = async (authorization) =>
    // an open server looks at no key, so that the vendors' clients, which always send one, work with it too
    config.auth === 'open' ? openCaller : callerOfKey(parseCredentials(authorization));
  // where keys are asked for, a page that comes by another name has none to send
  if (config.auth === 'open') guardHost(server, config.publicUrl);
  // both see the routes that are registered after them; a route that looks at no key has no caller
  await limitRates(server, { ...config.rateLimits, keyOf: ({ caller }) => caller?.keyId ?? null });
  await describeApi(server, { baseUrl: () => baseUrl });
  publicImageRoute(server, images);
  originalRoute(server, images, authenticate);
  await server.register(async (vendors) => {
    guardAgainstForeignPages(vendors);
    await vendors.register(moovRoutes, { images, variants, spool, limits, authenticate, deletes: config.moovDelete });
  });
  await server.register(graphqlRoutes, {
    services: { images, metal: createMetalImageService({ state, changes, limits, now }), variants, limits },
    spool,
    authenticate,
    asksForKey: config.auth === 'keys',
    introspection: config.introspection,
    graphiql: config.graphiql,
    corsOrigins: config.corsOrigins,
    baseUrl: () => baseUrl,
  });

  const closing = new AbortController();
  let sweeping: Promise<unknown> = Promise.resolve();
  const sweep = (): void => {
    sweeping = images
      .sweep(closing.signal)
      .catch((error: unknown) => server.log.error({ err: error }, 'the sweep for unused bytes failed'));
  };
  const sweeper = setInterval(sweep, sweepIntervalMs);

  return {
    images,
    async listen() {
      await requireForStart(`The server cannot listen at port ${config.port} of ${config.host}`, () =>
        server.listen({ host: config.host, port: config.port }),
      );
      const { port } = server.server.address() as AddressInfo;
      const host = config.host.includes(':') ? `[${config.host}]` : config.host;
      baseUrl = config.publicUrl ?? `http://${host}:${port}`;
      sweep();
      return baseUrl;
    },
    async close() {
      clearInterval(sweeper);
      // their streams would keep the server from closing
      changes.close();
      await server.close();
      closing.abort();
      await sweeping;
      await state.close();
      lock.release();
    },
  };
};
