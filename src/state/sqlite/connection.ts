import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { LRUCache } from 'lru-cache';

/** The server has about a hundred; what tests and imports add beyond that is prepared again. */
const maxStatements = 256;

/** A prepared statement with the names and declared types of its columns. */
export interface PreparedStatement {
  readonly statement: Database.Statement<unknown[]>;
  readonly columns: readonly { readonly name: string; readonly type: string | null }[];
}

/**
 * One connection to a SQLite file. Preparing costs as much as running, so statements are kept.
 *
 * **Trap:** `close` closes the file only when the last of its statements has been garbage-collected. Until then the connection is
 * still open, keeps its files, and holds its locks, so a file must not be replaced under it. A connection that must be closed at
 * once, such as a lock, uses `exec` only.
 */
export class SqliteConnection {
  readonly #database: Database.Database;
  readonly #statements = new LRUCache<string, PreparedStatement>({ max: maxStatements });

  /** @throws {Error} with the code `SQLITE_CANTOPEN` if there can be no database. */
  constructor(path: string) {
    try {
      // a lock that another process holds is reported at once: waiting for it in here would stop the event loop
      this.#database = new Database(path, { timeout: 0 });
    } catch (error) {
      throw Object.assign(new Error(`unable to open the database file ${path}`, { cause: error }), {
        code: 'SQLITE_CANTOPEN',
      });
    }
    this.#database.defaultSafeIntegers(true);
  }

  static readOnly(path: string): SqliteConnection {
    return new SqliteConnection(readOnlyUri(path));
  }

  prepare(sql: string): PreparedStatement {
    const kept = this.#statements.get(sql);
    if (kept) return kept;
    const statement = this.#database.prepare<unknown[]>(sql);
    const prepared = { statement, columns: statement.reader ? statement.columns() : [] };
    if (statement.reader) statement.raw();
    this.#statements.set(sql, prepared);
    return prepared;
  }

  /** Runs statements separated by semicolons; rows that they return are dropped. */
  exec(script: string): void {
    this.#database.exec(script);
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** The driver has no option for it, but SQLite understands such URIs. */
export const readOnlyUri = (path: string): string => `${pathToFileURL(path).href}?mode=ro`;
