import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { DiskSpace, translatingStore } from '../blobs/disk-space.js';
import { type OpenBlobStore, openBlobStore } from '../blobs/open-blob-store.js';
import { FolderSpool } from '../blobs/spool.js';
import { nameOfStore } from '../blobs/store-location.js';
import { InProcessBus } from '../bus/in-process-bus.js';
import type { Config } from '../config.js';
import { ChangeFeed } from '../domain/changes/change-feed.js';
import type { ChangeBus } from '../domain/changes/changes.js';
import type { BlobStore, ImageProcessor, Spool, StagingArea } from '../domain/ports.js';
import { atMostEvery } from '../lib/at-most-every.js';
import type { Metrics } from '../metrics/metrics.js';
import { createImageProcessor } from '../pipeline/processor.js';
import { type DataLock, lockBlobFolder, lockDatabase, lockDataFolder } from '../state/data-lock.js';
import { nameOfDatabase } from '../state/database-location.js';
import { openStateAt } from '../state/open-state.js';
import { tracedAdapters } from '../telemetry/traced-adapters.js';
import type { Tracing } from '../telemetry/tracing.js';
import { type OpenVariantCache, openVariantCache } from '../variants/variant-cache.js';
import type { Lifecycle } from './lifecycle.js';
import type { Overrides } from './overrides.js';
import { pairForStart } from './pair-for-start.js';
import { requireForStart } from './start-requirement.js';

export interface Adapters {
  readonly space: DiskSpace;
  readonly blobs: BlobStore;
  readonly staging: StagingArea;
  /** Rejects if the originals cannot be reached now. */
  readonly checkBlobStore: OpenBlobStore['check'];
  readonly state: Awaited<ReturnType<typeof openStateAt>>;
  readonly changes: ChangeFeed;
  readonly bus: ChangeBus;
  readonly variantCache: OpenVariantCache;
  readonly spool: Spool;
  readonly processor: ImageProcessor;
}

interface Surroundings {
  readonly overrides: Overrides;
  readonly log: Logger;
  readonly now: () => Date;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
  /** Where clients reach this server; known once it listens. */
  readonly baseUrl: () => string;
}

const shortageLogMs = 1_000;
const cacheFaultLogMs = 60_000;

/**
 * Locks and opens everything outside of this process that the server works with.
 * @throws {StartRefusedError} if something there cannot be used.
 */
export const openAdapters = async (
  config: Config,
  { overrides, log, now, lifecycle, metrics, tracing, baseUrl }: Surroundings,
): Promise<Adapters> => {
  const { blobStore, database, limits } = config;
  const refusals = refusalsOf(config);
  const hold = async (refusal: string, take: () => DataLock): Promise<void> => {
    const lock = await requireForStart(refusal, take);
    lifecycle.onClose(() => lock.release());
  };
  await hold(refusals.dataFolder, () => lockDataFolder(config.dataFolder));
  if (database.kind === 'file') await hold(refusals.database, () => lockDatabase(database.path));
  if (blobStore.kind === 'folder') await hold(refusals.blobStore, () => lockBlobFolder(blobStore.path));
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
  // until the start is done, a failure is its message
  let logStoreFailure: (failure: unknown) => void = () => undefined;
  const store = await requireForStart(refusals.blobStore, () =>
    openBlobStore(blobStore, {
      dataFolder: config.dataFolder,
      originalCacheBytes: config.originalCacheBytes,
      fetchQueue: config.renderQueue,
      limits,
      space,
      uploadUrl: ({ accountId, id }) => `${baseUrl()}/uploads/${accountId}/${id}`,
      now,
      onFailure: (err) => logStoreFailure(err),
    }),
  );
  lifecycle.onClose(() => store.close());
  const blobs = translatingStore(overrides.blobs ?? store.blobs, space);
  const bus = new InProcessBus(
    atMostEvery(shortageLogMs, (err: unknown) => log.error({ err }, 'a consumer of changes failed')),
  );
  const state = await requireForStart(refusals.database, () =>
    openStateAt(database, {
      migrate: config.migrate,
      limits,
      onQuery: overrides.onQuery,
      bus,
      now,
      translate: (error) => space.translate(error),
    }),
  );
  lifecycle.onClose(() => state.close());
  await requireForStart(refusals.blobStore, () => pairForStart(config, state, blobs));
  logStoreFailure = atMostEvery(shortageLogMs, (err) => log.error({ err }, 'the store of the images failed'));
  const changes = await ChangeFeed.open(await state.read.storeId(), state.read.changes);
  bus.consume((commit) => metrics.committed(commit));
  bus.consume((commit) => changes.follow(commit));
  state.follow({
    lost: (err) => {
      log.error({ err }, 'changes of other servers are not heard of: nothing is served from memory');
      changes.interrupt();
    },
    live: () => changes.resume(),
  });
  const variantCache = openVariantCache({
    folder: config.variantFolder,
    budgetBytes: config.variantCacheBytes,
    space,
    onFault: atMostEvery(cacheFaultLogMs, (error: unknown) =>
      log.error({ err: error }, 'the variant cache failed; variants are served without'),
    ),
  });
  lifecycle.onClose(() => variantCache.close());
  const spool = await requireForStart(refusals.dataFolder, () =>
    FolderSpool.open(join(config.dataFolder, 'tmp'), space),
  );
  lifecycle.onClose(() => spool.close());
  const processor = createImageProcessor(
    limits,
    atMostEvery(shortageLogMs, (cause: unknown) =>
      log.error({ err: cause }, 'an image was not processed for want of file descriptors, memory, threads or disk'),
    ),
  );
  const worked = { state, blobs, staging: store.staging, processor: overrides.processor?.(processor) ?? processor };
  const places = { database: database.kind === 'file' ? 'sqlite' : 'postgresql', blobStore: blobStore.kind } as const;
  return {
    space,
    checkBlobStore: () => store.check(),
    changes,
    bus,
    variantCache,
    spool,
    ...(tracing ? tracedAdapters(tracing, worked, places) : worked),
  };
};

const refusalsOf = ({ dataFolder, database, blobStore }: Config) => ({
  dataFolder: `The data folder ${dataFolder} cannot be used`,
  database: `The database ${nameOfDatabase(database)} cannot be used`,
  blobStore:
    blobStore.kind === 'folder'
      ? `The folder ${blobStore.path} cannot be used for images`
      : `The store ${nameOfStore(blobStore)} cannot be used for images`,
});
