import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderSpool } from '../../../src/blobs/spool.js';
import type { Spool } from '../../../src/domain/ports.js';
import { unboundedSpace } from '../../support/disk-space.js';

/** The spool of the product in a folder of its own, which a test can look into. */
export interface ObservedSpool extends Spool {
  /** The names of the files that lie in the folder. */
  files(): Promise<string[]>;
  /** How many files were begun. */
  readonly begun: number;
  remove(): Promise<void>;
}

export async function openObservedSpool(): Promise<ObservedSpool> {
  const folder = await mkdtemp(join(tmpdir(), 'uploads-'));
  const spool = await FolderSpool.open(folder, unboundedSpace);
  let begun = 0;
  return {
    get begun() {
      return begun;
    },
    receive(stream, limitBytes) {
      begun += 1;
      return spool.receive(stream, limitBytes);
    },
    discard: (file) => spool.discard(file),
    files: () => readdir(folder),
    remove: () => rm(folder, { recursive: true }),
  };
}
