import { dirname, join } from 'node:path';
import { pairForStart } from '../app/pair-for-start.js';
import { requireForStart } from '../app/start-requirement.js';
import { DiskSpace } from '../blobs/disk-space.js';
import { openByteStore } from '../blobs/open-blob-store.js';
import { FolderSpool } from '../blobs/spool.js';
import { nameOfStore } from '../blobs/store-location.js';
import type { Config } from '../config.js';
import type { ByteStore, StorageSpace } from '../domain/ports.js';
import { lockImports } from '../state/data-lock.js';
import type { OpenState } from '../state/state.js';
import { openDatabase } from './tool-database.js';

/** What a server works on, opened for a tool that accepts files next to it. */
interface Workplace {
  readonly state: OpenState;
  readonly blobs: ByteStore;
  readonly space: StorageSpace;
  readonly spool: FolderSpool;
  close(): Promise<void>;
}

/**
 * Opens what the server works on, next to it. Of the tools that do, one runs at a time: they have a spool in common.
 * @param alsoWritten Folders that the tool writes to, apart from those of the database and the spool.
 * @throws {StartRefusedError}
 */
export const openWorkplace = async (config: Config, alsoWritten: readonly string[]): Promise<Workplace> => {
  const { blobStore, database, dataFolder, limits } = config;
  const lock = await requireForStart(`The data folder ${dataFolder} cannot be used`, () => lockImports(dataFolder));
  const closers: (() => unknown)[] = [() => lock.release()];
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const state = await openDatabase(database);
    closers.push(() => state.close());
    const { store: blobs, close: closeStore } = await openByteStore(blobStore, limits);
    closers.push(closeStore);
    await requireForStart(`The store ${nameOfStore(blobStore)} cannot be used`, () =>
      pairForStart(config, state, blobs),
    );
    const space = new DiskSpace({
      folders: [...(database.kind === 'file' ? [dirname(database.path)] : []), dataFolder, ...alsoWritten],
      headRoomBytes: limits.headRoomBytes,
      onFailure: () => undefined,
    });
    // a folder of its own: a server empties its own when it starts
    const spool = await FolderSpool.open(join(dataFolder, 'import'), space);
    closers.push(() => spool.close());
    return { state, blobs, space, spool, close };
  } catch (error) {
    await close();
    throw error;
  }
};
