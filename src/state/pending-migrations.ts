import type { Migration } from './migrations-folder.js';
import { StartRefusedError } from './start-refused-error.js';

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
    `The database ${databaseName} lacks the migration ${pending.map(({ name }) => name).join(', ')}, and MIGRATE=off. ` +
      'Apply it by `npm run migrate`, then start again.',
  );
};

/** Why migrations were not applied, for the operator. */
export const failedMigration = (databaseName: string, error: unknown): StartRefusedError =>
  new StartRefusedError(
    `The database ${databaseName} could not be migrated and is unchanged: ${error instanceof Error ? error.message : error}`,
    { cause: error },
  );
