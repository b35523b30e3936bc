import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { refuseForeign } from '../app/pair-for-start.js';
import { requireForStart } from '../app/start-requirement.js';
import { openByteStore } from '../blobs/open-blob-store.js';
import { nameOfStore } from '../blobs/store-location.js';
import { type Config, parseConfig } from '../config.js';
import { checkPairing, incompleteIdOf } from '../domain/originals/pair-store.js';
import type { ByteStore } from '../domain/ports.js';
import { completeCopy, markIncomplete, openCopyTarget } from '../state/copy/copy-target.js';
import type { OpenCopyDatabase } from '../state/copy/row-numbers.js';
import { type DataLock, lockBlobFolder, lockDataFolder } from '../state/data-lock.js';
import { nameOfDatabase } from '../state/database-location.js';
import { lockOutServers, openDatabaseAt, openStateAlone } from '../state/open-state.js';
import { StartRefusedError } from '../state/start-refused-error.js';
import type { OpenState } from '../state/state.js';
import { copyDatabaseFile, copyDatabaseRows } from './copy-database.js';
import { copyBytes, examineTarget, occupied, type TargetState, verifyBytes } from './copy-originals.js';
import { parseCommandLine, printLine, runTool, UsageError } from './run-tool.js';

const usage = `Copies an installation to another place, such as from SQLite and a folder to PostgreSQL and S3, and compares every row and every byte.

  npm run copy -- --from ./data --to ./new                  to another data folder
  npm run copy -- --from ./data --to ./data --to-database postgres://host/images --to-store s3://bucket/prefix
                                                            to PostgreSQL and S3
  npm run copy -- --from ./data --to ./data --to-store s3://bucket/prefix
                                                            the originals alone, for the same database

  --from, --to                      data folders, as DATA_DIR
  --from-database, --to-database    databases, as DATABASE_URL; in the data folder unless given
  --from-store, --to-store          stores of originals, as BLOB_STORE_URL; in the data folder unless given
  --skip-damaged                    copies what is right although some originals are missing or damaged

All servers of the source have to be stopped. The source stays as it is. An interrupted copy goes on when it is run again.
Exits with 1 if something was not copied.
`;

interface Options {
  readonly from: Config;
  readonly to: Config;
  /** A part that the source and the target share, and that is not copied. */
  readonly keeps: 'database' | 'store' | null;
  readonly skipDamaged: boolean;
}

const parseOptions = (args: string[]): Options => {
  const given = parseArguments(args);
  if (given.from === undefined || given.to === undefined) throw new UsageError('--from and --to are needed.');
  const place = (folder: string, database: string | undefined, store: string | undefined): Config =>
    parseConfig({ DATA_DIR: folder, DATABASE_URL: database, BLOB_STORE_URL: store });
  const from = place(given.from, given['from-database'], given['from-store']);
  const to = place(given.to, given['to-database'], given['to-store']);
  const keepsDatabase = nameOfDatabase(from.database) === nameOfDatabase(to.database);
  const keepsStore = isDeepStrictEqual(from.blobStore, to.blobStore);
  if (keepsDatabase && keepsStore) {
    throw new UsageError('The source and the target have the same database and the same store of originals.');
  }
  return {
    ...{ from, to, skipDamaged: given['skip-damaged'] ?? false },
    keeps: keepsDatabase ? 'database' : keepsStore ? 'store' : null,
  };
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

type Later = (close: () => unknown) => void;

/** Resolves with whether all was copied. */
const copy = async (options: Options): Promise<boolean> => {
  const closers: (() => unknown)[] = [];
  try {
    return await copyAll(options, (close) => closers.unshift(close));
  } finally {
    for (const close of closers) await close();
  }
};

const copyAll = async (options: Options, later: Later): Promise<boolean> => {
  const { from, to, keeps } = options;
  if (from.database.kind === 'file' && !existsSync(from.database.path)) {
    throw new StartRefusedError(`There is no database at ${from.database.path}.`);
  }
  await lock(options, later);
  const state = await usable(from, () => openStateAlone(from.database, { migrate: false }));
  later(() => state.close());
  const installationId = await state.read.storeId();
  const source = await openByteStore(from.blobStore, from.limits);
  later(source.close);
  refuseForeign(from, await checkPairing(state, source.store));
  const target = keeps === 'store' ? source : await openByteStore(to.blobStore, to.limits);
  if (keeps !== 'store') later(target.close);

  const found = keeps === 'store' ? null : await targetStore(to, () => examineTarget(to, target.store, installationId));
  const rows = keeps === 'database' ? null : await openRows(options, found, installationId, later);
  // a copy completes its database last
  if (found === 'complete' && !rows?.isContinued) throw occupied(to, installationId);
  if (keeps !== 'store') await targetStore(to, () => target.store.setStoreId(incompleteIdOf(installationId)));
  if (rows) await markIncomplete(rows.to, installationId);

  const damaged = keeps === 'store' ? 0 : await copyStore(options, state, { from: source.store, to: target.store });
  if (damaged === null) return false;
  if (rows) {
    if (!(await copyDatabaseRows(rows.from, rows.to))) return false;
  } else if (keeps !== 'database' && from.database.kind === 'file' && to.database.kind === 'file') {
    await copyDatabaseFile(from.database.path, to.database.path, installationId);
  }
  if (keeps !== 'store') await target.store.setStoreId(installationId);
  if (rows) await completeCopy(rows.from, rows.to);
  printLine(`The copy is complete. The source was not changed: never start servers on both.

  database   ${nameOfDatabase(to.database)}
  originals  ${nameOfStore(to.blobStore)}`);
  return damaged === 0;
};

/** Keeps servers from both places. */
const lock = async ({ from, to, keeps }: Options, later: Later): Promise<void> => {
  const take = (held: DataLock): void => later(held.release);
  take(lockDataFolder(to.dataFolder));
  take(await usable(from, () => lockOutServers(from.database)));
  if (keeps !== 'database') take(await usable(to, () => lockOutServers(to.database)));
  for (const { blobStore } of keeps === 'store' ? [from] : [from, to]) {
    if (blobStore.kind === 'folder') take(lockBlobFolder(blobStore.path));
  }
};

const targetStore = <Result>({ blobStore }: Config, step: () => Promise<Result>): Promise<Result> =>
  requireForStart(`The store ${nameOfStore(blobStore)} cannot be used`, step);

const usable = <Result>({ database }: Config, step: () => Promise<Result>): Promise<Result> =>
  requireForStart(`The database ${nameOfDatabase(database)} cannot be used`, step);

interface OpenRows {
  readonly from: OpenCopyDatabase;
  readonly to: OpenCopyDatabase;
  /** Whether an interrupted copy of the same installation has left the target. */
  readonly isContinued: boolean;
}

/** Opens both databases to copy their rows; null if both are SQLite, which is copied as one file. */
const openRows = async (
  { from, to }: Options,
  found: TargetState | null,
  installationId: string,
  later: Later,
): Promise<OpenRows | null> => {
  const areFiles = from.database.kind === 'file' && to.database.kind === 'file';
  // without a store of its own, only the database itself says whether it was left by an interrupted copy
  const mayBeLeft = found === null ? !areFiles : found !== 'empty';
  if (to.database.kind === 'file' && existsSync(to.database.path) && !mayBeLeft) {
    throw new StartRefusedError(`There is a database at ${to.database.path}. Copy to a new one.`);
  }
  if (areFiles) return null;
  const target = await usable(to, () => openCopyTarget(to.database, installationId));
  later(() => target.database.close());
  const database = await openDatabaseAt(from.database, { migrate: false });
  later(() => database.close());
  return { from: { location: from.database, database }, to: target, isContinued: target.isContinued };
};

/** Resolves with how many originals are damaged at the source; null if that or another fault stops the copy. */
const copyStore = async (
  { to, skipDamaged }: Options,
  state: OpenState,
  stores: { from: ByteStore; to: ByteStore },
): Promise<number | null> => {
  const damaged = await copyBytes(state, stores, to);
  if (damaged > 0 && !skipDamaged) {
    printLine(
      `${damaged} originals are missing or damaged at the source. Restore them and run this again, or add --skip-damaged.`,
    );
    return null;
  }
  return (await verifyBytes(state, stores.to, damaged)) ? damaged : null;
};

runTool(usage, async (args) => {
  if (!(await copy(parseOptions(args)))) process.exitCode = 1;
});
