import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { UnavailableError } from '../domain/errors.js';
import type { Limits } from '../domain/limits.js';
import type { BlobStore, ByteStore, StorageSpace } from '../domain/ports.js';
import { BoundedQueue } from '../lib/bounded-queue.js';
import { untilAborted } from '../lib/until-aborted.js';
import { CachedOriginals } from './cached-originals.js';
import { FileSystemBlobStore } from './file-system.js';
import { storeIdName, unreadableId } from './store-id.js';
import type { S3Location, StoreLocation } from './store-location.js';

type StoreLimits = Pick<Limits, 'storeSeconds' | 'storeSilenceSeconds'>;

const checkIntervalMs = 1_000;
const checkMs = 5_000;

export interface OpenBlobStore {
  readonly blobs: BlobStore;
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
  /** Called with each failure of a remote store, and of the cache of its originals, for the log. */
  readonly onFailure: (error: unknown) => void;
}

export const openBlobStore = async (location: StoreLocation, options: OpenBlobStoreOptions): Promise<OpenBlobStore> => {
  if (location.kind === 'folder') {
    const blobs = await FileSystemBlobStore.open(location.path);
    return { blobs, check: () => access(location.path, constants.W_OK), close: () => undefined };
  }
  const { dataFolder, originalCacheBytes, fetchQueue, limits, space, onFailure } = options;
  const store = await openS3Store(location, limits, onFailure);
  const fetches = new BoundedQueue({
    concurrency: limits.originalFetches,
    room: {
      capacity: fetchQueue,
      onFull: () =>
        new UnavailableError('The server has as many originals to fetch as it accepts. Try again in a second.', 1),
    },
  });
  const blobs = await CachedOriginals.open(store, {
    folder: join(dataFolder, 'originals'),
    budgetBytes: originalCacheBytes,
    maxFileBytes: limits.fileBytes,
    space,
    fetches,
    onFault: onFailure,
  });
  return { blobs, check: remoteCheck(() => requireStoreId(store)), close: () => store.close() };
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
  const store = await openS3Store(location, limits);
  return { store, close: () => store.close() };
};

/** The SDK is loaded only where it is needed: it takes time and memory. */
const openS3Store = async (
  location: S3Location,
  { storeSeconds, storeSilenceSeconds }: StoreLimits,
  onFailure?: (error: unknown) => void,
) => {
  const { S3Store } = await import('./s3/s3-store.js');
  return new S3Store(location, { totalMs: storeSeconds * 1000, silenceMs: storeSilenceSeconds * 1000 }, onFailure);
};
