import { type DataLock, lockDatabase } from './data-lock.js';
import type { Database } from './database.js';
import type { DatabaseLocation } from './database-location.js';
import { type OpenStateOptions, openSqliteDatabase, openState } from './sqlite/open-state.js';
import { StartRefusedError } from './start-refused-error.js';
import type { OpenState } from './state.js';

/** Opens the state of a server. What PostgreSQL needs is loaded only if it is used: it takes time and memory. */
export const openStateAt = async (
  location: DatabaseLocation,
  options: Omit<OpenStateOptions, 'path'>,
): Promise<OpenState> => {
  if (location.kind === 'file') return openState({ ...options, path: location.path });
  const { openPostgresqlState } = await import('./postgresql/open-state.js');
  return openPostgresqlState({ ...options, location });
};

/**
 * Opens the state for a command-line tool, next to the servers that may run on it. A database that is missing or behind is brought
 * up to date as a server does at its start; SQLite needs that no server runs then.
 * @throws {StartRefusedError}
 */
export const openStateAlongside = (location: DatabaseLocation): Promise<OpenState> =>
  openStateAt(location, {
    isAlongside: true,
    alone: async (migrate) => {
      const lock = location.kind === 'file' ? lockForMigration(location.path) : undefined;
      try {
        return await migrate();
      } finally {
        lock?.release();
      }
    },
  });

const lockForMigration = (databasePath: string) => {
  try {
    return lockDatabase(databasePath);
  } catch (error) {
    if (!(error instanceof StartRefusedError)) throw error;
    throw new StartRefusedError(
      `The database ${databasePath} must be migrated, but a server of another version runs on it. ` +
        "Stop that server, or use its version's own tool.",
      { cause: error },
    );
  }
};

/** Makes sure that no server runs on the database until the lock is released. */
export const lockOutServers = async (location: DatabaseLocation): Promise<DataLock> => {
  if (location.kind === 'file') return lockDatabase(location.path);
  const { lockOutServersOf } = await import('./postgresql/server-lock.js');
  return lockOutServersOf(location);
};

/**
 * Opens the state for a command-line tool that holds the lock of {@link lockOutServers}.
 * @throws {StartRefusedError}
 */
export const openStateAlone = (
  location: DatabaseLocation,
  options: Pick<OpenStateOptions, 'migrate'> = {},
): Promise<OpenState> => openStateAt(location, { ...options, isAlone: true });

/** Opens a database for its rows alone, without what a state keeps in memory or hears of. */
export const openDatabaseAt = async (
  location: DatabaseLocation,
  options: Pick<OpenStateOptions, 'migrate'>,
): Promise<Database> => {
  if (location.kind === 'file') return openSqliteDatabase({ ...options, path: location.path });
  const { openPostgresqlDatabase } = await import('./postgresql/open-state.js');
  return openPostgresqlDatabase({ ...options, location });
};
