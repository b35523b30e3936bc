import type { SqliteConnection } from './connection.js';

/** How long a server may go on serving what a tool has changed. */
const lookMs = 250;

/**
 * Reports that another process, such as an import, has changed images: it has added to the journal. What else it writes, such as keys, is
 * kept in no memory.
 */
export class ForeignWrites {
  readonly #timer: NodeJS.Timeout;
  #known: { head: unknown; version: unknown };

  /** @param connection The one that all writes of this process use: SQLite does not count those. */
  constructor(
    private readonly connection: SqliteConnection,
    private readonly onWrite: () => void,
  ) {
    this.#known = { head: this.#head(), version: this.#version() };
    this.#timer = setInterval(() => this.#lookOutside(), lookMs).unref();
  }

  /** Runs a transaction of this process, while which no other one writes: what it adds to the journal is its own. */
  async own<Transaction, Result>(
    run: (work: (transaction: Transaction) => Promise<Result>) => Promise<Result>,
    work: (transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    let head: unknown;
    const result = await run(async (transaction) => {
      this.#look();
      const done = await work(transaction);
      head = this.#head();
      return done;
    });
    this.#known.head = head;
    return result;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #lookOutside(): void {
    // a transaction of this process looks by itself, and may be rolled back
    if (this.connection.inTransaction) return;
    try {
      this.#look();
    } catch {
      // locked for a moment: the next look sees it
    }
  }

  #look(): void {
    // up to here all is this process's own, unless the version says otherwise
    const before = this.#head();
    const version = this.#version();
    if (version === this.#known.version) {
      this.#known.head = before;
      return;
    }
    const head = this.#head();
    const isJournaled = head !== this.#known.head;
    this.#known = { head, version };
    if (isJournaled) this.onWrite();
  }

  #version(): unknown {
    return this.#read('PRAGMA data_version');
  }

  #head(): unknown {
    return this.#read('SELECT max("seq") FROM "Change"');
  }

  #read(sql: string): unknown {
    return (this.connection.prepare(sql).statement.all([]) as unknown[][])[0]?.[0];
  }
}
