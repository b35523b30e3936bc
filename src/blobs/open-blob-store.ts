import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { UnavailableError } from '../domain/errors.js';
import type { Limits } from '../domain/limits.js';
import type { BlobStore, ByteStore, StagingArea, StorageSpace } from '../domain/ports.js';
import type { StagedUpload } from '../domain/uploads/staged-upload.js';
import { BoundedQueue } from '../lib/bounded-queue.js';
import { untilAborted } from '../lib/until-aborted.js';
import { CachedOriginals } from './cached-originals.js';
import { FileSystemBlobStore } from './file-system.js';
import { StagingFolder } from './staging-folder.js';
import { storeIdName, unreadableId } from './store-id.js';
import type { S3Location, StoreLocation } from './store-location.js';

type StoreLimits = Pick<Limits, 'storeSeconds' | 'storeSilenceSeconds'>;

const checkIntervalMs = 1_000;
const checkMs = 5_000;

export interface OpenBlobStore {
  readonly blobs: BlobStore;
  /** Where files are kept that are sent ahead of their images. */
  readonly staging: StagingArea;
  /** Rejects if the store cannot be used now. */
  check(): Promise<void>;
  close(): void;
}

/** A store for a tool: without a cache, and next to a running server. */
export interface OpenByteStore {
  readonly store: ByteStore;
  close(): void;
}

export interface OpenBlobStoreOptions {
  readonly dataFolder: string;
  readonly originalCacheBytes: number;
  /** How many fetches from a remote store may wait for their turn. */
  readonly fetchQueue: number;
  readonly limits: Pick<Limits, 'fileBytes' | 'originalFetches'> & StoreLimits;
  readonly space: Pick<StorageSpace, 'require'>;
  /** Where this server accepts the file of a staged upload, if the store does not. */
  readonly uploadUrl: (upload: StagedUpload) => string;
  readonly now: () => Date;
  /** Called with each failure of a remote store, and of the cache of its originals, for the log. */
  readonly onFailure: (error: unknown) => void;
}

export const openBlobStore = async (location: StoreLocation, options: OpenBlobStoreOptions): Promise<OpenBlobStore> => {
  const { dataFolder, originalCacheBytes, fetchQueue, limits, space, uploadUrl, now, onFailure } = options;
  if (location.kind === 'folder') {
    const blobs = await FileSystemBlobStore.open(location.path);
    const staging = await StagingFolder.open(join(dataFolder, 'uploads'), uploadUrl);
    return { blobs, staging, check: () => access(location.path, constants.W_OK), close: () => undefined };
  }
  const { store, staging, objects } = await openS3(location, limits, { now, onFailure });
  const fetches = new BoundedQueue({
    concurrency: limits.originalFetches,
    room: {
      capacity: fetchQueue,
      onFull: () =>
        new UnavailableError('The server has as many originals to fetch as it accepts. Try again in a second.', 1),
    },
  });
  const opening = CachedOriginals.open(store, {
    folder: join(dataFolder, 'originals'),
    budgetBytes: originalCacheBytes,
    maxFileBytes: limits.fileBytes,
    space,
    fetches,
    onFault: onFailure,
  });
  const blobs = await opening.catch((error: unknown) => {
    objects.close();
    throw error;
  });
  return { blobs, staging, check: remoteCheck(() => requireStoreId(store)), close: () => objects.close() };
};

const requireStoreId = async (store: ByteStore): Promise<void> => {
  const id = await store.storeId();
  if (id === null || id === unreadableId) throw new Error(`The store has no readable ${storeIdName} any more.`);
};

/** However often it is asked, one request a second goes to the store at most; a caller waits for a few seconds and no longer. */
const remoteCheck = (ask: () => Promise<unknown>): (() => Promise<void>) => {
  let asked: { readonly outcome: Promise<unknown>; readonly atMs: number; isSettled: boolean } | undefined;
  return async () => {
    if (!asked || (asked.isSettled && performance.now() - asked.atMs >= checkIntervalMs)) {
      const asking = { outcome: ask(), atMs: performance.now(), isSettled: false };
      const settle = () => {
        asking.isSettled = true;
      };
      asking.outcome.then(settle, settle);
      asked = asking;
    }
    await untilAborted(asked.outcome, AbortSignal.timeout(checkMs));
  };
};

export const openByteStore = async (location: StoreLocation, limits: StoreLimits): Promise<OpenByteStore> => {
  if (location.kind === 'folder') {
    return { store: FileSystemBlobStore.openAlongside(location.path), close: () => undefined };
  }
  const { store, objects } = await openS3(location, limits);
  return { store, close: () => objects.close() };
};

/** The SDK is loaded only where it is needed: it takes time and memory. */
const openS3 = async (
  location: S3Location,
  { storeSeconds, storeSilenceSeconds }: StoreLimits,
  {
    now = () => new Date(),
    onFailure = () => undefined,
  }: Partial<Pick<OpenBlobStoreOptions, 'now' | 'onFailure'>> = {},
) => {
  const [{ S3Objects }, { S3Store }, { S3StagingArea }] = await Promise.all([
    import('./s3/s3-objects.js'),
    import('./s3/s3-store.js'),
    import('./s3/s3-staging-area.js'),
  ]);
  const timeouts = { totalMs: storeSeconds * 1000, silenceMs: storeSilenceSeconds * 1000 };
  const objects = new S3Objects(location, timeouts, onFailure);
  return { objects, store: new S3Store(objects), staging: new S3StagingArea(objects, now) };
};
