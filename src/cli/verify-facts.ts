import { dirname, join } from 'node:path';
import { pairForStart } from '../app/pair-for-start.js';
import { requireForStart } from '../app/start-requirement.js';
import { DiskSpace } from '../blobs/disk-space.js';
import { openByteStore } from '../blobs/open-blob-store.js';
import { FolderSpool } from '../blobs/spool.js';
import { nameOfStore } from '../blobs/store-location.js';
import type { Config } from '../config.js';
import { currentFactsVersion } from '../domain/images/image.js';
import { type RefreshDependencies, refreshFacts } from '../domain/originals/refresh-facts.js';
import { createImageProcessor } from '../pipeline/processor.js';
import { lockImports } from '../state/data-lock.js';
import { nameOfDatabase } from '../state/database-location.js';
import { openStateAlongside } from '../state/open-state.js';
import { Progress } from './progress.js';
import { printLine } from './run-tool.js';

/** Opens what the server works on, next to it. Its files are those of an import, so neither runs next to the other. */
const openDependencies = async (
  config: Config,
): Promise<{ dependencies: RefreshDependencies; close: () => Promise<void> }> => {
  const { blobStore, database, dataFolder, limits } = config;
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const lock = await requireForStart(`The data folder ${dataFolder} cannot be used`, () => lockImports(dataFolder));
    closers.push(() => lock.release());
    const state = await requireForStart(`The database ${nameOfDatabase(database)} cannot be used`, () =>
      openStateAlongside(database),
    );
    closers.push(() => state.close());
    const { store: blobs, close: closeStore } = await openByteStore(blobStore, limits);
    closers.push(closeStore);
    await requireForStart(`The store ${nameOfStore(blobStore)} cannot be used`, () =>
      pairForStart(config, state, blobs),
    );
    const folders = [...(database.kind === 'file' ? [dirname(database.path)] : []), dataFolder];
    const { headRoomBytes } = limits;
    const space = new DiskSpace({ folders, headRoomBytes, onFailure: () => undefined });
    const spool = await FolderSpool.open(join(dataFolder, 'import'), space);
    closers.push(() => spool.close());
    return { dependencies: { state, blobs, spool, processor: createImageProcessor(limits) }, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** Inspects the originals whose facts an earlier version found. Resolves with whether all have the facts of this version now. */
export const verifyFacts = async (config: Config): Promise<boolean> => {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const { dependencies, close } = await openDependencies(config);
  try {
    const total = await dependencies.state.read.countBlobsOlderThan(currentFactsVersion);
    const progress = new Progress(total, 'originals', process.stderr);
    const counts = { done: 0, failed: 0 };
    await refreshFacts(
      dependencies,
      {
        onDone: () => {
          counts.done += 1;
          progress.step();
        },
        onFailed: (sha256, reason) => {
          counts.failed += 1;
          progress.clear();
          printLine(`failed  ${sha256}  ${reason}`);
        },
      },
      stop.signal,
    );
    progress.clear();
    const { done, failed } = counts;
    printLine(`Originals with older facts: ${total}. Inspected again: ${done} (failed ${failed}).`);
    if (stop.signal.aborted) process.stderr.write('It was interrupted: run it again to go on.\n');
    return failed === 0 && !stop.signal.aborted;
  } finally {
    await close();
  }
};
