import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';

export interface MigrationHistory {
  readonly applied: ReadonlySet<string>;
  /** Migrations that began and neither ended nor were rolled back. */
  readonly failed: readonly string[];
}

interface HistoryRow {
  migration_name: string;
  finished_at: unknown;
}

/** What Prisma's own table tells of the migrations of a database; nothing where there is no database. */
export const readMigrationHistory = (databasePath: string): MigrationHistory => {
  if (!existsSync(databasePath)) return { applied: new Set(), failed: [] };
  const database = new Database(databasePath);
  try {
    const rows = readRows(database);
    return {
      applied: new Set(rows.filter((row) => row.finished_at !== null).map((row) => row.migration_name)),
      failed: rows.filter((row) => row.finished_at === null).map((row) => row.migration_name),
    };
  } finally {
    database.close();
  }
};

const readRows = (database: Database.Database): HistoryRow[] => {
  const table = database
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_prisma_migrations'`)
    .get();
  if (table === undefined) return [];
  return database
    .prepare<[], HistoryRow>(
      'SELECT migration_name, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at',
    )
    .all();
};
