import { refuseForeign } from '../app/pair-for-start.js';
import { requireForStart } from '../app/start-requirement.js';
import { openByteStore } from '../blobs/open-blob-store.js';
import { nameOfStore } from '../blobs/store-location.js';
import type { Config } from '../config.js';
import { checkPairing } from '../domain/originals/pair-store.js';
import { type DamagedOriginal, verifyOriginals } from '../domain/originals/verify-originals.js';
import type { ByteStore } from '../domain/ports.js';
import { copyDatabase } from '../state/copy/copy-file.js';
import { type DataLock, lockBlobFolder } from '../state/data-lock.js';
import { nameOfDatabase } from '../state/database-location.js';
import { lockOutServers, openStateAlone, openStateAlongside } from '../state/open-state.js';
import type { OpenState } from '../state/state.js';
import { Progress } from './progress.js';
import { parseCommandLine, printLine, runTool, UsageError } from './run-tool.js';
import { readConfig, requireDatabase } from './tool-database.js';
import { verifyFacts } from './verify-facts.js';

const usage = `Reads every original and compares it with its hash.

  npm run verify                                 reports missing and corrupt originals, and files that the database does not know
  npm run verify -- --facts                      inspects again what an earlier version of the server inspected, and reads nothing else
  npm run verify -- --copy-database <file>       writes a copy of the database for a backup, and reads no original
  npm run verify -- --remove-unknown             also removes unknown files that are older than a day
  npm run verify -- --adopt                      first accepts that this database and this blob store belong together

The server may run, but not during --remove-unknown and --adopt. DATA_DIR, DATABASE_URL and BLOB_STORE_URL say what to read, in the
environment or in a .env file, as they do for the server. Exits with 1 if an original is damaged, with 0 otherwise.
`;

const dayMs = 24 * 60 * 60 * 1000;

interface Options {
  readonly adopt: boolean;
  readonly removeUnknown: boolean;
  readonly facts: boolean;
  readonly copyPath: string | undefined;
}

const parseOptions = (args: string[]): Options => {
  const {
    adopt = false,
    'remove-unknown': removeUnknown = false,
    facts = false,
    'copy-database': copyPath,
  } = parseArguments(args);
  // a wrong pair must never lose bytes in the step that accepts it
  if (adopt && removeUnknown)
    throw new UsageError('Use --adopt first, and --remove-unknown once its report looks right.');
  if (copyPath !== undefined && (adopt || removeUnknown || copyPath === ''))
    throw new UsageError('--copy-database needs the path of a new file and no other option.');
  if (facts && args.length > 1) throw new UsageError('--facts needs no other option.');
  return { adopt, removeUnknown, facts, copyPath };
};

const parseArguments = (args: string[]) => {
  return parseCommandLine({
    args,
    options: {
      adopt: { type: 'boolean' },
      'remove-unknown': { type: 'boolean' },
      facts: { type: 'boolean' },
      'copy-database': { type: 'string' },
    },
  }).values;
};

/** Runs the work, without a server next to it if it changes something. Reading needs no lock. */
const withState = async <Result>(
  { database, blobStore }: Config,
  changes: boolean,
  work: (state: OpenState) => Promise<Result>,
): Promise<Result> => {
  const opened = <Opened>(open: () => Promise<Opened>) =>
    requireForStart(`The database ${nameOfDatabase(database)} cannot be used`, open);
  const locks: DataLock[] = [];
  try {
    if (changes) {
      locks.push(await opened(() => lockOutServers(database)));
      if (blobStore.kind === 'folder') locks.push(lockBlobFolder(blobStore.path));
    }
    const state = await opened(() => (changes ? openStateAlone(database) : openStateAlongside(database)));
    try {
      return await work(state);
    } finally {
      await state.close();
    }
  } finally {
    for (const lock of locks) lock.release();
  }
};

/** Resolves with whether every original is there and right. */
const verify = async (config: Config, { adopt, removeUnknown }: Options): Promise<boolean> => {
  const { database, blobStore } = config;
  const name = nameOfDatabase(database);
  const { store: blobs, close } = await openByteStore(blobStore, config.limits);
  try {
    return await withState(config, adopt || removeUnknown, async (state) => {
      if (adopt) {
        await blobs.setStoreId(await state.read.storeId());
        printLine(`The blob store ${nameOfStore(blobStore)} now belongs to the database ${name}.`);
      }
      refuseForeign(
        config,
        await requireForStart(`The store ${nameOfStore(blobStore)} cannot be used`, () => checkPairing(state, blobs)),
      );
      return report(state, blobs, removeUnknown);
    });
  } finally {
    close();
  }
};

const report = async (state: OpenState, blobs: ByteStore, removeUnknown: boolean): Promise<boolean> => {
  const progress = new Progress(await state.read.countBlobs(), 'originals', process.stderr);
  const counts = { checked: 0, missing: 0, corrupt: 0, unreadable: 0, unknown: 0, old: 0, removed: 0 };
  const oldBefore = new Date(Date.now() - dayMs);
  await verifyOriginals(
    { state, blobs },
    {
      onChecked: () => {
        counts.checked += 1;
        progress.step();
      },
      onDamaged: (damaged) => {
        counts[damaged.damage] += 1;
        progress.clear();
        printLine(describe(damaged));
      },
      onUnknown: async ({ sha256, modifiedOn }) => {
        counts.unknown += 1;
        if (modifiedOn > oldBefore) return;
        counts.old += 1;
        if (!removeUnknown) return;
        await blobs.remove(sha256);
        counts.removed += 1;
      },
    },
  );
  progress.clear();
  printLine(summaryOf(counts, removeUnknown));
  return counts.missing + counts.corrupt + counts.unreadable === 0;
};

interface Counts {
  readonly checked: number;
  readonly missing: number;
  readonly corrupt: number;
  readonly unreadable: number;
  readonly unknown: number;
  readonly old: number;
  readonly removed: number;
}

const summaryOf = (counts: Counts, removeUnknown: boolean): string => {
  const { checked, missing, corrupt, unreadable, unknown, old, removed } = counts;
  const damage = `Originals checked: ${checked} (missing ${missing}, corrupt ${corrupt}, unreadable ${unreadable}).`;
  const strangers = `Unknown files: ${unknown} (older than a day ${old}, removed ${removed}).`;
  const hint =
    old > 0 && !removeUnknown
      ? ' They do no harm: interrupted uploads and a database older than the store leave them. --remove-unknown removes the old ones.'
      : '';
  return `${damage} ${strangers}${hint}`;
};

const describe = ({ sha256, damage, reason, images }: DamagedOriginal): string => {
  const places = images.map(({ accountId, id }) => `accounts/${accountId}/images/${id}`);
  return [damage.padEnd(10), sha256, ...places, ...(reason ? [`(${reason})`] : [])].join('  ');
};

runTool(usage, async (args) => {
  const options = parseOptions(args);
  const config = readConfig();
  const { database } = config;
  requireDatabase(database, ". Run this in the server's folder, or with its DATA_DIR or DATABASE_URL.");
  const { copyPath } = options;
  if (copyPath !== undefined) {
    if (database.kind !== 'file') throw new UsageError('--copy-database copies a SQLite database. Use pg_dump here.');
    const { path } = database;
    await requireForStart(`The database cannot be copied to ${copyPath}`, () => copyDatabase(path, copyPath));
    return printLine(`The database ${path} was copied to ${copyPath}.`);
  }
  if (!(await (options.facts ? verifyFacts(config) : verify(config, options)))) process.exitCode = 1;
});
