import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { refuseForeign } from '../app/pair-for-start.js';
import { requireForStart } from '../app/start-requirement.js';
import { openByteStore } from '../blobs/open-blob-store.js';
import { FolderSpool } from '../blobs/spool.js';
import { nameOfStore } from '../blobs/store-location.js';
import { type Config, parseConfig } from '../config.js';
import type { Sha256 } from '../domain/images/image.js';
import { copyOriginals } from '../domain/originals/copy-originals.js';
import { checkPairing } from '../domain/originals/pair-store.js';
import { verifyOriginals } from '../domain/originals/verify-originals.js';
import type { ByteStore } from '../domain/ports.js';
import { copyDatabase } from '../state/copy-database.js';
import { type DataLock, lockBlobFolder, lockDatabase, lockDataFolder } from '../state/data-lock.js';
import { openStateAlongside } from '../state/open-state.js';
import { StartRefusedError } from '../state/start-refused-error.js';
import type { OpenState } from '../state/state.js';
import { Progress } from './progress.js';
import { parseCommandLine, printLine, runTool, UsageError } from './run-tool.js';

const usage = `Copies an installation to another place, such as from a folder to S3, and compares every byte.

  npm run copy -- --from ./data --to ./new                  to another data folder
  npm run copy -- --from ./data --to ./data --to-store s3://bucket/prefix
                                                            the originals alone, for the same database

  --from, --to                      data folders, as DATA_DIR
  --from-database, --to-database    databases, as DATABASE_URL; in the data folder unless given
  --from-store, --to-store          stores of originals, as BLOB_STORE_URL; in the data folder unless given
  --skip-damaged                    copies what is right although some originals are missing or damaged

The server of the source has to be stopped. The source stays as it is. An interrupted copy goes on when it is run again.
Exits with 1 if something was not copied.
`;

interface Place extends Config {
  readonly database: { readonly kind: 'file'; readonly path: string };
}

interface Options {
  readonly from: Place;
  readonly to: Place;
  readonly skipDamaged: boolean;
}

const parseOptions = (args: string[]): Options => {
  const given = parseArguments(args);
  if (given.from === undefined || given.to === undefined) throw new UsageError('--from and --to are needed.');
  const place = (folder: string, database: string | undefined, store: string | undefined): Place => {
    const config = parseConfig({ DATA_DIR: folder, DATABASE_URL: database, BLOB_STORE_URL: store });
    if (config.database.kind !== 'file') throw new UsageError('Only SQLite databases are copied by this tool.');
    return { ...config, database: config.database };
  };
  const from = place(given.from, given['from-database'], given['from-store']);
  const to = place(given.to, given['to-database'], given['to-store']);
  if (isDeepStrictEqual(from.blobStore, to.blobStore)) {
    throw new UsageError(`The source and the target both keep their originals in ${nameOfStore(to.blobStore)}.`);
  }
  return { from, to, skipDamaged: given['skip-damaged'] ?? false };
};

const parseArguments = (args: string[]) => {
  const text = { type: 'string' } as const;
  return parseCommandLine({
    args,
    options: {
      ...{ from: text, 'from-database': text, 'from-store': text },
      ...{ to: text, 'to-database': text, 'to-store': text },
      'skip-damaged': { type: 'boolean' },
    },
  }).values;
};

/** A target says that it is incomplete, so that no server starts on it. */
const incompleteId = (storeId: string): string => `${storeId}-incomplete`;

const refuse = (message: string): never => {
  throw new StartRefusedError(message);
};

/** Resolves with whether all was copied. */
const copy = async ({ from, to, skipDamaged }: Options): Promise<boolean> => {
  if (!existsSync(from.database.path)) refuse(`There is no database at ${from.database.path}.`);
  const keepsDatabase = from.database.path === to.database.path;
  const locks: DataLock[] = [];
  const closers: (() => unknown)[] = [];
  try {
    locks.push(lockDataFolder(to.dataFolder));
    locks.push(lockDatabase(from.database.path));
    if (!keepsDatabase) locks.push(lockDatabase(to.database.path));
    for (const { blobStore } of [from, to]) if (blobStore.kind === 'folder') locks.push(lockBlobFolder(blobStore.path));
    const state = await openStateAlongside(from.database);
    closers.push(() => state.close());
    const source = await openByteStore(from.blobStore, from.limits);
    const target = await openByteStore(to.blobStore, to.limits);
    closers.push(source.close, target.close);
    const storeId = await state.read.storeId();
    refuseForeign(from, await checkPairing(state, source.store));
    await requireForStart(`The store ${nameOfStore(to.blobStore)} cannot be used`, () =>
      claim(to, target.store, storeId, keepsDatabase),
    );
    const damaged = await copyBytes(state, { from: source.store, to: target.store }, to);
    if (damaged > 0 && !skipDamaged) {
      printLine(
        `${damaged} originals are missing or damaged at the source. Restore them and run this again, or add --skip-damaged.`,
      );
      return false;
    }
    if (!(await verifyCopy(state, target.store, damaged))) return false;
    if (!keepsDatabase) await copyRows(from, to, storeId);
    await target.store.setStoreId(storeId);
    printLine(`The copy is complete. The source was not changed: never start servers on both.

  database   ${to.database.path}
  originals  ${nameOfStore(to.blobStore)}`);
    return damaged === 0;
  } finally {
    for (const close of closers) await close();
    for (const lock of locks) lock.release();
  }
};

/** Accepts an empty target, or continues an interrupted copy of the same installation. */
const claim = async (to: Place, store: ByteStore, storeId: string, keepsDatabase: boolean): Promise<void> => {
  const present = await store.storeId();
  const isOurs = present === incompleteId(storeId);
  if (present !== null && !isOurs) {
    refuse(
      `The store ${nameOfStore(to.blobStore)} belongs to an installation already (store.json has id ${present}). ` +
        'Copy to an empty one.',
    );
  }
  if (!isOurs) {
    for await (const _ of store.list())
      refuse(`The store ${nameOfStore(to.blobStore)} has originals. Copy to an empty one.`);
    if (!keepsDatabase && existsSync(to.database.path)) {
      refuse(`There is a database at ${to.database.path}. Copy to a new one.`);
    }
  }
  await store.setStoreId(incompleteId(storeId));
};

/** Resolves with how many originals the source has no right bytes of. */
const copyBytes = async (state: OpenState, stores: { from: ByteStore; to: ByteStore }, to: Place): Promise<number> => {
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

/** Reads every original of the target. */
const verifyCopy = async (state: OpenState, blobs: ByteStore, knownDamaged: number): Promise<boolean> => {
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

const copyRows = async (from: Place, to: Place, storeId: string): Promise<void> => {
  // one that an interrupted copy has left: the store said that it is ours
  if (existsSync(to.database.path)) {
    const left = await openStateAlongside(to.database);
    const id = await left.read.storeId();
    await left.close();
    if (id !== storeId) refuse(`There is another installation's database at ${to.database.path}.`);
    await rm(to.database.path);
  }
  await requireForStart(`The database cannot be copied to ${to.database.path}`, () =>
    copyDatabase(from.database.path, to.database.path),
  );
  const copied = await openStateAlongside(to.database);
  try {
    if ((await copied.read.storeId()) !== storeId)
      refuse(`The copy ${to.database.path} is not that of ${from.database.path}.`);
  } finally {
    await copied.close();
  }
  printLine(`Database copied to ${to.database.path}.`);
};

runTool(usage, async (args) => {
  if (!(await copy(parseOptions(args)))) process.exitCode = 1;
});
