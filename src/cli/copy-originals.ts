import { join } from 'node:path';
import { FolderSpool } from '../blobs/spool.js';
import { nameOfStore } from '../blobs/store-location.js';
import type { Config } from '../config.js';
import type { Sha256 } from '../domain/images/image.js';
import { copyOriginals } from '../domain/originals/copy-originals.js';
import { incompleteIdOf } from '../domain/originals/pair-store.js';
import { verifyOriginals } from '../domain/originals/verify-originals.js';
import type { ByteStore } from '../domain/ports.js';
import { StartRefusedError } from '../state/start-refused-error.js';
import type { OpenState } from '../state/state.js';
import { Progress } from './progress.js';
import { printLine } from './run-tool.js';

/** Of the store that originals are copied into: empty, or left by a copy of the same installation. */
export type TargetState = 'empty' | 'incomplete' | 'complete';

/** @throws {StartRefusedError} for a store of another installation, or with originals of none. */
export const examineTarget = async (to: Config, store: ByteStore, installationId: string): Promise<TargetState> => {
  const present = await store.storeId();
  if (present === incompleteIdOf(installationId)) return 'incomplete';
  if (present === installationId) return 'complete';
  if (present !== null) throw occupied(to, present);
  for await (const _ of store.list()) {
    throw new StartRefusedError(`The store ${nameOfStore(to.blobStore)} has originals. Copy to an empty one.`);
  }
  return 'empty';
};

export const occupied = ({ blobStore }: Config, storeId: string): StartRefusedError =>
  new StartRefusedError(
    `The store ${nameOfStore(blobStore)} belongs to an installation already (store.json has id ${storeId}). ` +
      'Copy to an empty one.',
  );

/** Resolves with how many originals the source has no right bytes of. */
export const copyBytes = async (
  state: OpenState,
  stores: { from: ByteStore; to: ByteStore },
  to: Config,
): Promise<number> => {
  // emptied by the next run, and by a server
  const spool = await FolderSpool.open(join(to.dataFolder, 'tmp'), {
    require: async () => undefined,
    translate: (error) => error,
  });
  const progress = new Progress(await state.read.countBlobs(), 'originals copied', process.stderr);
  let damaged = 0;
  try {
    await copyOriginals(
      { state, ...stores, spool, maxFileBytes: to.limits.fileBytes },
      {
        onDone: () => progress.step(),
        onDamaged: (sha256, reason) => {
          damaged += 1;
          progress.clear();
          printLine(`${reason.padEnd(10)}  ${sha256}`);
        },
      },
    );
  } finally {
    progress.clear();
    await spool.close();
  }
  return damaged;
};

/** Reads every original of the target. Resolves with whether all are right but for those that are known to be damaged. */
export const verifyBytes = async (state: OpenState, blobs: ByteStore, knownDamaged: number): Promise<boolean> => {
  const expected = await state.read.countBlobs();
  const progress = new Progress(expected, 'originals compared', process.stderr);
  const counts = { checked: 0, unknown: 0 };
  const wrong: Sha256[] = [];
  await verifyOriginals(
    { state, blobs },
    {
      onChecked: () => {
        counts.checked += 1;
        progress.step();
      },
      onDamaged: ({ sha256, damage }) => {
        wrong.push(sha256);
        progress.clear();
        printLine(`${damage.padEnd(10)}  ${sha256}  (at the target)`);
      },
      onUnknown: async () => {
        counts.unknown += 1;
      },
    },
  );
  progress.clear();
  // so that the next run copies them again
  for (const sha256 of wrong) await blobs.remove(sha256);
  printLine(
    `Originals compared: ${counts.checked - wrong.length} of ${expected} right, ${counts.unknown} unknown to the database.`,
  );
  if (counts.checked === expected && wrong.length === knownDamaged && counts.unknown === 0) return true;
  printLine('The copy is not right. Run this again.');
  return false;
};
