import { createHash, randomUUID } from 'node:crypto';
import type { Migration } from './migrations-folder.js';
import type { MigrationHistory } from './pending-migrations.js';
import type { SqliteConnection } from './sqlite/connection.js';

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
export const readMigrationHistory = (connection: SqliteConnection): MigrationHistory => {
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
export const noteMigration = (connection: SqliteConnection, { name, sql }: Migration): void => {
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
