import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartRefusedError } from './start-refused-error.js';

/** One step of the database's history. */
export interface Migration {
  /** `<timestamp>_<what it does>`: the order of names is the order of application. */
  readonly name: string;
  readonly sql: string;
}

/** The migrations of this package for a kind of database. The path is right from src/ as well as from dist/. */
export const ownMigrationsFolder = (kind: 'sqlite' | 'postgresql'): string =>
  fileURLToPath(new URL(`../../prisma/migrations/${kind}`, import.meta.url));

/** The migrations of a folder, oldest first. */
export const readMigrations = async (folder: string): Promise<Migration[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(join(folder, name, 'migration.sql'), 'utf8') })),
  );
};

/** The migrations that a database has had. */
export interface MigrationHistory {
  readonly applied: ReadonlySet<string>;
  /** Migrations that began and neither ended nor were rolled back. */
  readonly failed: readonly string[];
}

/**
 * The migrations that a database does not have yet, oldest first.
 * @throws {StartRefusedError} if the database is newer than the code or half migrated.
 */
export const pendingOf = (
  migrations: readonly Migration[],
  { applied, failed }: MigrationHistory,
  databaseName: string,
): Migration[] => {
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = [...applied].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new StartRefusedError(
      `The database ${databaseName} was written by a newer version of this server: it has the migration ` +
        `${unknown.join(', ')}. Start that version, or restore the backup from before the upgrade.`,
    );
  }
  if (failed.length > 0) {
    throw new StartRefusedError(
      `In the database ${databaseName} the migration ${failed.join(', ')} began and did not end. ` +
        'Restore the last good backup and start again; the migration is then tried again.',
    );
  }
  return migrations.filter(({ name }) => !applied.has(name));
};

/** @throws {StartRefusedError} if there are any: the server is configured not to apply them. */
export const refusePending = (databaseName: string, pending: readonly Migration[]): void => {
  if (pending.length === 0) return;
  throw new StartRefusedError(
    `The database ${databaseName} lacks the migration ${pending.map(({ name }) => name).join(', ')}, and nothing may apply it here (MIGRATE=off). ` +
      'Apply it by `npm run migrate`, then try again.',
  );
};

/** Why migrations were not applied, for the operator. */
export const failedMigration = (databaseName: string, error: unknown): StartRefusedError =>
  new StartRefusedError(
    `The database ${databaseName} could not be migrated and is unchanged: ${error instanceof Error ? error.message : error}`,
    { cause: error },
  );
