import { createHash, randomUUID } from 'node:crypto';
import { foldText } from '../../lib/fold-text.js';
import {
  failedMigration,
  type Migration,
  type MigrationHistory,
  ownMigrationsFolder,
  pendingOf,
  readMigrations,
} from '../migrations.js';
import { SqliteConnection } from './connection.js';
import { lockDeadlineMs, whenUnlocked } from './lock-wait.js';

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

/** The table of Prisma's own tools, so that they understand the database too. */
const createTable = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "checksum" TEXT NOT NULL,
  "finished_at" DATETIME,
  "migration_name" TEXT NOT NULL,
  "logs" TEXT,
  "rolled_back_at" DATETIME,
  "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
  "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0
)`;

/** The migrations that a database has had; none if it is new. */
const readMigrationHistory = (connection: SqliteConnection): MigrationHistory => {
  const [table] = rowsOf(
    connection,
    `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_prisma_migrations'`,
  );
  if (!table) return { applied: new Set(), failed: [] };
  const rows = rowsOf(
    connection,
    'SELECT migration_name, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at',
  ).map(([name, finishedAt]) => ({ name: String(name), finished: finishedAt !== null }));
  return {
    applied: new Set(rows.filter(({ finished }) => finished).map(({ name }) => name)),
    failed: rows.filter(({ finished }) => !finished).map(({ name }) => name),
  };
};

/** Notes a migration as applied, within the transaction that applies it. */
const noteMigration = (connection: SqliteConnection, { name, sql }: Migration): void => {
  connection.exec(createTable);
  const checksum = createHash('sha256').update(sql).digest('hex');
  const now = BigInt(Date.now());
  connection
    .prepare(
      `INSERT INTO "_prisma_migrations"
         ("id", "checksum", "finished_at", "migration_name", "started_at", "applied_steps_count") VALUES (?, ?, ?, ?, ?, 1)`,
    )
    .statement.run([randomUUID(), checksum, now, name, now]);
};

const rowsOf = (connection: SqliteConnection, sql: string): unknown[][] =>
  connection.prepare(sql).statement.all([]) as unknown[][];
