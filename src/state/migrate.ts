import { existsSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { fsync } from '../lib/fsync.js';
import { readMigrationHistory } from './migration-history.js';
import { type Migration, ownMigrationsFolder, readMigrations } from './migrations-folder.js';
import { StartRefusedError } from './start-refused-error.js';

export interface MigrateOptions {
  /** The SQLite file; it is made where there is none. Nobody else may have it open. */
  readonly databasePath: string;
  /** Where the migrations lie; those of this package unless given. */
  readonly migrationsFolder?: string;
}

/**
 * Whether the database has every migration of this code.
 * @throws {StartRefusedError} where the database is newer than the code or half migrated.
 */
export const isMigrated = async (options: MigrateOptions): Promise<boolean> => {
  const { databasePath, migrationsFolder = ownMigrationsFolder } = options;
  const migrations = await readMigrations(migrationsFolder);
  const applied = readAppliedNames(databasePath, migrations);
  return migrations.every(({ name }) => applied.has(name));
};

/**
 * Brings a database up to date and resolves with the names of the migrations that it took. They run on a copy that replaces the
 * database when all is done: a crash or a failure on the way leaves the database as it was.
 * @throws {StartRefusedError} where the database is newer than the code, half migrated, in use, or a migration fails.
 */
export const migrateDatabase = async (options: MigrateOptions): Promise<string[]> => {
  const { databasePath, migrationsFolder = ownMigrationsFolder } = options;
  if (await isMigrated(options)) return [];

  const migrations = await readMigrations(migrationsFolder);
  const draftPath = `${databasePath}.migrating`;
  await removeDatabase(draftPath);
  if (existsSync(databasePath)) {
    settle(databasePath);
    await copyFile(databasePath, draftPath);
  }
  const names = await applyToDraft(draftPath, databasePath, migrationsFolder, migrations);
  await replaceDurably(draftPath, databasePath);
  return names;
};

const readAppliedNames = (databasePath: string, migrations: readonly Migration[]): ReadonlySet<string> => {
  const history = readMigrationHistory(databasePath);
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = [...history.applied].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new StartRefusedError(
      `The database ${databasePath} was made by a newer version of this server: it has the migration ${unknown.join(', ')}. ` +
        'Start that version, or put back the copy of the data folder from before the upgrade.',
    );
  }
  if (history.failed.length > 0) {
    throw new StartRefusedError(
      `In the database ${databasePath} the migration ${history.failed.join(', ')} began and did not end. ` +
        'Put back the last good copy of the data folder and start again; the migration is then tried anew.',
    );
  }
  return history.applied;
};

/** Moves what is in the write-ahead log into the file, so that the file alone is the database. */
const settle = (databasePath: string): void => {
  const database = new Database(databasePath, { timeout: 1_000 });
  try {
    database.pragma('journal_mode = DELETE');
  } catch (error) {
    throw new StartRefusedError(`The database ${databasePath} must be migrated, but another program has it open.`, {
      cause: error,
    });
  } finally {
    database.close();
  }
};

const applyToDraft = async (
  draftPath: string,
  databasePath: string,
  migrationsFolder: string,
  migrations: readonly Migration[],
): Promise<string[]> => {
  const { migrationList, noFilters, withSchemaEngine } = await import('./schema-engine.js');
  try {
    const migrationsList = migrationList(migrationsFolder, migrations);
    const { appliedMigrationNames } = await withSchemaEngine(draftPath, (engine) =>
      engine.applyMigrations({ migrationsList, filters: noFilters }),
    );
    return appliedMigrationNames;
  } catch (error) {
    await removeDatabase(draftPath);
    throw new StartRefusedError(
      `The database ${databasePath} could not be migrated, and is as it was: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  }
};

const replaceDurably = async (draftPath: string, databasePath: string): Promise<void> => {
  await fsync(draftPath);
  await rename(draftPath, databasePath);
  await fsync(dirname(databasePath));
};

const removeDatabase = async (path: string): Promise<void> => {
  for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(path + suffix, { force: true });
};
