import {
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
  type Transaction,
} from '@prisma/driver-adapter-utils';
import type AsyncDatabase from 'libsql/promise';
import { ScanInterruptedError } from '../scans.js';
import { cellsOf, resultSetOf } from './adapter.js';
import { readOnlyUri } from './connection.js';
import { toPrismaError } from './errors.js';
import { whenUnlocked } from './lock-wait.js';

/** How often a scan is interrupted until it has stopped. */
const interruptEveryMs = 5;

/**
 * What a connection keeps of the database in memory. SQLite's own 2 MiB are less than the branches of the largest indexes, which a search
 * for similar images goes through thousands of times.
 */
const cacheKibibytes = 16 * 1024;

type Columns = readonly { readonly name: string; readonly type: string | null }[];

/**
 * Prisma's driver for reads that take long. They run on a thread of libsql's and not on that of the event loop, on read-only
 * connections of their own, and are stopped at a time limit. As many run at once as the caller starts.
 */
export class ScanAdapterFactory implements SqlDriverAdapterFactory {
  readonly provider = 'sqlite';
  readonly adapterName = 'image-facade-sqlite';

  constructor(
    private readonly path: string,
    private readonly limitMs: number,
  ) {}

  async connect(): Promise<SqlDriverAdapter> {
    return new ScanAdapter(this.path, this.limitMs);
  }
}

class ScanAdapter implements SqlDriverAdapter {
  readonly provider = 'sqlite';
  readonly adapterName = 'image-facade-sqlite';
  readonly #idle: AsyncDatabase[] = [];
  readonly #running = new Set<() => void>();
  #isClosed = false;

  constructor(
    private readonly path: string,
    private readonly limitMs: number,
  ) {}

  async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    const cells = cellsOf(query);
    try {
      const { columns, rows } = await whenUnlocked(() => this.#run(materialised(query.sql), cells));
      return resultSetOf(columns, rows);
    } catch (error) {
      throw toPrismaError(error);
    }
  }

  async #run(sql: string, cells: readonly unknown[]): Promise<{ columns: Columns; rows: unknown[][] }> {
    const database = this.#idle.pop() ?? (await this.#open());
    let isStopped = false;
    let interrupts: NodeJS.Timeout | undefined;
    const stop = (): void => {
      isStopped = true;
      database.interrupt();
      // an interruption is lost on a statement that still waits for a thread
      interrupts ??= setInterval(() => database.interrupt(), interruptEveryMs);
    };
    const timer = setTimeout(stop, this.limitMs);
    this.#running.add(stop);
    try {
      const statement = await database.prepare(sql);
      if (isStopped) throw new Error('Stopped before it started.');
      statement.raw();
      return { columns: statement.columns(), rows: await statement.all(cells) };
    } catch (error) {
      throw isStopped ? new ScanInterruptedError('The statement was stopped.', { cause: error }) : error;
    } finally {
      clearTimeout(timer);
      clearInterval(interrupts);
      this.#running.delete(stop);
      // an interruption that comes when nothing runs would stop the next statement
      if (isStopped || this.#isClosed) database.close();
      else this.#idle.push(database);
    }
  }

  async #open(): Promise<AsyncDatabase> {
    // it looks for its native part by itself, which a start need not wait for
    const { default: Database } = await import('libsql/promise');
    const database = new Database(readOnlyUri(this.path), { timeout: 0 });
    database.defaultSafeIntegers(true);
    await database.exec(`PRAGMA cache_size = -${cacheKibibytes}`);
    return database;
  }

  async executeRaw(): Promise<number> {
    throw readsOnly();
  }

  async executeScript(): Promise<void> {
    throw readsOnly();
  }

  async startTransaction(): Promise<Transaction> {
    throw readsOnly();
  }

  async dispose(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#running) stop();
    for (const database of this.#idle.splice(0)) database.close();
  }
}

/**
 * The thread does all the work up to the first row, the event loop fetches the rest: so the first row must come when all are found.
 * Rows of a materialised table come in the order in which they were written.
 */
const materialised = (sql: string): string => `WITH "scan" AS MATERIALIZED (${sql}) SELECT * FROM "scan"`;

const readsOnly = (): DriverAdapterError =>
  new DriverAdapterError({ kind: 'sqlite', extendedCode: 8, message: 'This connection reads only.' });
