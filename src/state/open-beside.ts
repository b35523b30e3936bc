import { lockDataFolder } from './data-lock.js';
import { isMigrated, migrateDatabase } from './migrate.js';
import { StartRefusedError } from './start-refused-error.js';
import { type OpenState, openState } from './state.js';

/**
 * Opens the state for a command-line tool, beside the server that may run on it. A database that is missing or behind is brought up
 * to date as a server does at its start, which needs that no server runs.
 * @throws {StartRefusedError}
 */
export const openStateBeside = async (folder: string, databasePath: string): Promise<OpenState> => {
  if (!(await isMigrated({ databasePath }))) await migrateAlone(folder, databasePath);
  return openState({ path: databasePath });
};

const migrateAlone = async (folder: string, databasePath: string): Promise<void> => {
  const lock = lockForMigration(folder, databasePath);
  try {
    await migrateDatabase({ databasePath });
  } finally {
    lock.release();
  }
};

const lockForMigration = (folder: string, databasePath: string) => {
  try {
    return lockDataFolder(folder);
  } catch (error) {
    if (!(error instanceof StartRefusedError)) throw error;
    throw new StartRefusedError(
      `The database ${databasePath} must be migrated, but a server of another version runs on it. ` +
        "Stop that server, or use its version's own tool.",
      { cause: error },
    );
  }
};
