import { foldText } from '../lib/fold-text.js';
import { noteMigration, readMigrationHistory } from './migration-history.js';
import { type Migration, ownMigrationsFolder, readMigrations } from './migrations-folder.js';
import { failedMigration, pendingOf } from './pending-migrations.js';
import { SqliteConnection } from './sqlite/connection.js';
import { lockDeadlineMs, whenUnlocked } from './sqlite/lock-wait.js';

export interface MigrateOptions {
  /** The SQLite file, which is created if there is none. */
  readonly databasePath: string;
  /** The folder of the migrations; that of this package unless given. */
  readonly migrationsFolder?: string;
  /** Until when to wait for another program that writes to the database. */
  readonly deadlineMs?: number;
}

/** Brings a database up to date and closes it again. Returns the names of the migrations that were applied. */
export const migrateDatabase = async (options: MigrateOptions): Promise<string[]> => {
  const connection = new SqliteConnection(options.databasePath);
  try {
    const pending = await readPendingMigrations(connection, options);
    return await applyMigrations(connection, pending, options);
  } finally {
    connection.close();
  }
};

/**
 * The migrations of this code that a database does not have yet, oldest first.
 * @throws {StartRefusedError} if the database is newer than the code or half migrated.
 */
export const readPendingMigrations = async (
  connection: SqliteConnection,
  { databasePath, migrationsFolder = ownMigrationsFolder('sqlite'), deadlineMs = lockDeadlineMs() }: MigrateOptions,
): Promise<Migration[]> => {
  const migrations = await readMigrations(migrationsFolder);
  const history = await whenUnlocked(() => readMigrationHistory(connection), deadlineMs);
  return pendingOf(migrations, history, databasePath);
};

/**
 * Applies migrations in one transaction: after a crash or a failure the database is as it was. Returns their names.
 * @throws {StartRefusedError} if one fails.
 */
export const applyMigrations = async (
  connection: SqliteConnection,
  migrations: readonly Migration[],
  { databasePath, deadlineMs = lockDeadlineMs() }: MigrateOptions,
): Promise<string[]> => {
  if (migrations.length === 0) return [];
  // a table that is rebuilt is dropped first, and within a transaction the setting can't be changed
  connection.exec('PRAGMA foreign_keys = OFF');
  try {
    await whenUnlocked(() => connection.exec('BEGIN IMMEDIATE'), deadlineMs);
    for (const migration of migrations) applyMigration(connection, migration);
    requireForeignKeys(connection);
    connection.exec('COMMIT');
    return migrations.map(({ name }) => name);
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw failedMigration(databasePath, error);
  } finally {
    connection.exec('PRAGMA foreign_keys = ON');
  }
};

const applyMigration = (connection: SqliteConnection, migration: Migration): void => {
  try {
    connection.exec(migration.sql);
  } catch (error) {
    throw new Error(`migration ${migration.name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  fillIn(connection, migration);
  noteMigration(connection, migration);
};

/** What SQL can't compute for rows that exist. */
const fillIn = (connection: SqliteConnection, { name }: Migration): void => {
  if (name === '20261126181135_index_alternative_texts') foldStoredTexts(connection);
};

const foldStoredTexts = (connection: SqliteConnection): void => {
  const select = connection.prepare(
    'SELECT "id", "altText" FROM "ImageMetadata" WHERE "altText" IS NOT NULL AND "id" > ? ORDER BY "id" LIMIT 1000',
  );
  const update = connection.prepare('UPDATE "ImageMetadata" SET "altTextFolded" = ? WHERE "id" = ?');
  for (let last: unknown = 0; ; ) {
    const rows = select.statement.all([last]) as [id: bigint, altText: string][];
    for (const [id, altText] of rows) update.statement.run([foldText(altText), id]);
    if (rows.length === 0) return;
    last = rows.at(-1)?.[0];
  }
};

const requireForeignKeys = (connection: SqliteConnection): void => {
  const [broken] = connection.prepare('PRAGMA foreign_key_check').statement.all([]) as unknown[][];
  if (broken) throw new Error(`a row of the table ${broken[0]} would refer to a missing row of ${broken[2]}`);
};
