import { lockDatabase } from './data-lock.js';
import type { DatabaseLocation } from './database-location.js';
import { type OpenStateOptions, openState } from './sqlite/open-state.js';
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
