import type { SqliteConnection } from './connection.js';

/** How long a server may go on serving what a tool has changed. */
const lookMs = 250;

/**
 * Reports that another process, such as an import, has written to the database.
 * @param connection The one that all writes of this process use: SQLite does not count those.
 * @returns Ends it.
 */
export const watchForeignWrites = (connection: SqliteConnection, onWrite: () => void): (() => void) => {
  let known = dataVersion(connection);
  const timer = setInterval(() => {
    let current: unknown;
    try {
      current = dataVersion(connection);
    } catch {
      // locked for a moment: the next look sees it
      return;
    }
    if (current === known) return;
    known = current;
    onWrite();
  }, lookMs).unref();
  return () => clearInterval(timer);
};

const dataVersion = (connection: SqliteConnection): unknown => {
  const [row] = connection.prepare('PRAGMA data_version').statement.all([]) as unknown[][];
  return row?.[0];
};
