import { lockDatabase } from './data-lock.js';
import { StartRefusedError } from './start-refused-error.js';
import { type OpenState, openState } from './state.js';

/**
 * Opens the state for a command-line tool, next to the server that may run on it. A database that is missing or behind is brought
 * up to date as a server does at its start, which needs that no server runs.
 * @throws {StartRefusedError}
 */
export const openStateBeside = (databasePath: string): Promise<OpenState> =>
  openState({
    path: databasePath,
    alone: async (migrate) => {
      const lock = lockForMigration(databasePath);
      try {
        return await migrate();
      } finally {
        lock.release();
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
