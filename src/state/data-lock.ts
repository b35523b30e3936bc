import { mkdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { SqliteConnection } from './sqlite/connection.js';
import { isBusy } from './sqlite/errors.js';
import { StartRefusedError } from './start-refused-error.js';

export interface DataLock {
  release(): void;
}

/**
 * Each lock is in the thing that it protects, under its real name: servers that share one thing find each other whatever else is
 * different in their configurations. A folder that is missing is created.
 * @throws {StartRefusedError} if another server holds the lock.
 */
export const lockDataFolder = (folder: string): DataLock =>
  lock(
    join(realFolder(folder), 'lock.db'),
    `Another server runs on the data folder ${folder}. Stop it first, or give this one a folder of its own by DATA_DIR.`,
  );

/** @see lockDataFolder */
export const lockDatabase = (databasePath: string): DataLock =>
  lock(
    `${realFile(databasePath)}.lock`,
    `Another server runs on the database ${databasePath}. Stop it first, or give this one a database of its own by DATABASE_URL.`,
  );

/** @see lockDataFolder */
export const lockBlobFolder = (folder: string): DataLock =>
  lock(
    join(realFolder(folder), 'originals.lock'),
    `Another server keeps its images in the folder ${folder}. Stop it first, or give this one a folder of its own by BLOB_STORE_URL.`,
  );

/** @see lockDataFolder */
export const lockImports = (dataFolder: string): DataLock =>
  lock(
    join(realFolder(dataFolder), 'import.lock'),
    `Another import runs on the data folder ${dataFolder}. Wait for its end.`,
  );

/** An empty database whose lock is held. The operating system frees it when the process ends, however it ends. */
const lock = (path: string, refusal: string): DataLock => {
  const connection = new SqliteConnection(path);
  try {
    connection.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    throw isBusy(error) ? new StartRefusedError(refusal, { cause: error }) : error;
  }
  return { release: () => connection.close() };
};

const realFolder = (folder: string): string => {
  mkdirSync(folder, { recursive: true });
  return realpathSync(folder);
};

/** Of a file that may be missing; a link may lead to it. */
const realFile = (path: string): string => {
  const target = targetOf(path);
  return target ? realFile(target) : join(realFolder(dirname(path)), basename(path));
};

const targetOf = (path: string): string | undefined => {
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return undefined;
  }
};
