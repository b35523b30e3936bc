import type { SqliteConnection } from './connection.js';

/** How long a server may go on serving what a tool has changed. */
const lookMs = 250;

/**
 * Reports that another process, such as an import, has changed images: it has added to the journal. What else it writes, such as keys, is
 * kept in no memory.
 * @param connection The one that all writes of this process use: SQLite does not count those.
 * @returns Ends it.
 */
export const watchForeignWrites = (connection: SqliteConnection, onWrite: () => void): (() => void) => {
  const read = (sql: string): unknown => (connection.prepare(sql).statement.all([]) as unknown[][])[0]?.[0];
  const version = (): unknown => read('PRAGMA data_version');
  const head = (): unknown => read('SELECT max("seq") FROM "Change"');
  let known = { head: head(), version: version() };
  const look = (): void => {
    // up to here all is this process's own, unless the version says otherwise
    const before = head();
    const current = version();
    if (current === known.version) {
      known.head = before;
      return;
    }
    const after = head();
    const isJournaled = after !== known.head;
    known = { head: after, version: current };
    if (isJournaled) onWrite();
  };
  const timer = setInterval(() => {
    try {
      look();
    } catch {
      // locked for a moment: the next look sees it
    }
  }, lookMs).unref();
  return () => clearInterval(timer);
};
