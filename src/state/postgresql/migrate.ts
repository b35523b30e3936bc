import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  failedMigration,
  type Migration,
  type MigrationHistory,
  ownMigrationsFolder,
  pendingOf,
  readMigrations,
  refusePending,
} from '../migrations.js';
import { connectDirectly } from './connect-directly.js';
import { nameOfPostgresql, type PostgresqlLocation } from './location.js';

/** The advisory lock of migrations. */
const migrationLock = 1_768_253_281;

/** The table of Prisma's own tools, so that they understand the database too. */
const createTable = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
);`;

/**
 * Brings a database up to date, one server or tool at a time: others wait, and find nothing left to do. Returns the names of the
 * migrations that were applied.
 * @param options.apply False refuses a database that is not up to date.
 * @throws {StartRefusedError} if it can't be migrated, or is newer than the code.
 */
export const migratePostgresql = async (
  location: PostgresqlLocation,
  { apply = true, migrationsFolder = ownMigrationsFolder('postgresql') } = {},
): Promise<string[]> => {
  const name = nameOfPostgresql(location);
  const client = await connectDirectly(location);
  try {
    const migrations = await readMigrations(migrationsFolder);
    const readPending = async () => pendingOf(migrations, await readHistory(client), name);
    const pending = await readPending();
    if (!apply) refusePending(name, pending);
    if (pending.length === 0) return [];
    await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const applied = [];
    for (const migration of await readPending()) {
      await applyMigration(client, migration).catch((error: unknown) => {
        throw failedMigration(name, new Error(`migration ${migration.name}: ${describe(error)}`, { cause: error }));
      });
      applied.push(migration.name);
    }
    return applied;
  } finally {
    // frees the lock too
    await client.end();
  }
};

/** Whether any migration was applied. */
export const isMigrated = async (location: PostgresqlLocation): Promise<boolean> => {
  const client = await connectDirectly(location);
  try {
    return (await readHistory(client)).applied.size > 0;
  } finally {
    await client.end();
  }
};

const readHistory = async (client: pg.Client): Promise<MigrationHistory> => {
  const { rows: tables } = await client.query(`SELECT to_regclass('"_prisma_migrations"') AS "name"`);
  if (tables[0].name === null) return { applied: new Set(), failed: [] };
  const { rows } = await client.query<{ name: string; finished: boolean }>(
    `SELECT "migration_name" AS "name", "finished_at" IS NOT NULL AS "finished"
     FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL ORDER BY "started_at"`,
  );
  return {
    applied: new Set(rows.filter(({ finished }) => finished).map(({ name }) => name)),
    failed: rows.filter(({ finished }) => !finished).map(({ name }) => name),
  };
};

/** One simple query is one transaction, whatever statements it has: after a crash or a failure the database is as it was. */
const applyMigration = async (client: pg.Client, { name, sql }: Migration): Promise<void> => {
  const checksum = createHash('sha256').update(sql).digest('hex');
  const values = [randomUUID(), checksum, name].map((text) => pg.escapeLiteral(text)).join(', ');
  await client.query(`${createTable}
    ${sql};
    INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "finished_at", "applied_steps_count")
      VALUES (${values}, now(), 1)`);
};

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
