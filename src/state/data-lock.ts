import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StartRefusedError } from './start-refused-error.js';

export interface DataLock {
  release(): void;
}

/**
 * Holds a data folder, which is made where there is none, for this server alone. The operating system frees the lock when the
 * process ends, however it ends.
 * @throws {StartRefusedError} where another server holds it.
 */
export const lockDataFolder = (folder: string): DataLock => {
  mkdirSync(folder, { recursive: true });
  const database = new Database(join(folder, 'lock.db'), { timeout: 0 });
  try {
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new StartRefusedError(
      `Another server runs on the data folder ${folder}. Stop it first, or give this one a folder of its own by DATA_DIR.`,
      { cause: error },
    );
  }
  return { release: () => database.close() };
};

const isBusy = (error: unknown): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
