import {
  type ConnectionInfo,
  DriverAdapterError,
  type IsolationLevel,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
  type Transaction,
} from '@prisma/driver-adapter-utils';
import { KeyedMutex } from '../../lib/keyed-mutex.js';
import type { SqliteConnection } from './connection.js';
import { toPrismaError } from './errors.js';
import { lockDeadlineMs, whenUnlocked } from './lock-wait.js';
import { columnTypesOf, fromCell, toCell } from './values.js';

/** `SQLITE_MAX_VARIABLE_NUMBER` as SQLite 3.32 and later are compiled. */
const maxBindValues = 32_766;

/** Prisma's driver over one connection, which lives as long as the client. */
export class SqliteAdapterFactory implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'sqlite';
  readonly adapterName = 'image-facade-sqlite';
  readonly #opened: SqliteAdapter[] = [];

  /** @param deadlineMs Until when a statement that begins now waits for a lock that another process holds. */
  constructor(
    private readonly open: () => SqliteConnection,
    private readonly deadlineMs: () => number = lockDeadlineMs,
  ) {}

  async connect(): Promise<SqliteAdapter> {
    const adapter = new SqliteAdapter(this.open(), this.deadlineMs);
    this.#opened.push(adapter);
    return adapter;
  }

  /** Only the schema engine calls it, and has no migrations to apply there. */
  connectToShadowDb(): Promise<SqliteAdapter> {
    return this.connect();
  }

  /** Closes what was opened: the schema engine leaves that to others. */
  async close(): Promise<void> {
    for (const adapter of this.#opened.splice(0)) await adapter.dispose();
  }
}

class SqliteQueryable {
  readonly provider = 'sqlite';
  readonly adapterName = 'image-facade-sqlite';

  constructor(
    protected readonly connection: SqliteConnection,
    protected readonly deadlineMs: () => number,
  ) {}

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.whenUnlocked(() => {
      const { statement, columns } = this.connection.prepare(query.sql);
      const values = cellsOf(query);
      if (columns.length === 0) {
        statement.run(values);
        return { columnNames: [], columnTypes: [], rows: [] };
      }
      return resultSetOf(columns, statement.all(values) as unknown[][]);
    });
  }

  executeRaw(query: SqlQuery): Promise<number> {
    return this.whenUnlocked(() => {
      const { statement, columns } = this.connection.prepare(query.sql);
      const values = cellsOf(query);
      return columns.length === 0 ? statement.run(values).changes : statement.all(values).length;
    });
  }

  protected async whenUnlocked<Result>(work: () => Result): Promise<Result> {
    try {
      return await whenUnlocked(work, this.deadlineMs());
    } catch (error) {
      throw toPrismaError(error);
    }
  }
}

export class SqliteAdapter extends SqliteQueryable implements SqlDriverAdapter {
  readonly #line = new KeyedMutex();

  /** Prisma assumes 999 otherwise, and refuses longer lists of ids that it may not split because their rows are ordered. */
  getConnectionInfo(): ConnectionInfo {
    return { maxBindValues, supportsRelationJoins: false };
  }

  /** Outside of a transaction; while one is open it waits, because within it, it would be lost if that rolls back. */
  override async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    if (this.#line.size === 0) return super.queryRaw(query);
    return this.#line.run('connection', () => super.queryRaw(query));
  }

  override async executeRaw(query: SqlQuery): Promise<number> {
    if (this.#line.size === 0) return super.executeRaw(query);
    return this.#line.run('connection', () => super.executeRaw(query));
  }

  executeScript(script: string): Promise<void> {
    return this.#line.run('connection', () => this.whenUnlocked(() => this.connection.exec(script)));
  }

  /** Acquires the write lock at once: after a read, a commit of another process in between would make it fail. */
  async startTransaction(isolationLevel?: IsolationLevel): Promise<Transaction> {
    if (isolationLevel && isolationLevel !== 'SERIALIZABLE') {
      throw new DriverAdapterError({ kind: 'InvalidIsolationLevel', level: isolationLevel });
    }
    const leave = await this.#enter();
    try {
      await this.whenUnlocked(() => this.connection.exec('BEGIN IMMEDIATE'));
      return new SqliteTransaction(this.connection, this.deadlineMs, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    this.connection.close();
  }

  /** Resolves with what ends the turn. */
  #enter(): Promise<() => void> {
    return new Promise((resolve) => {
      void this.#line.run('connection', () => new Promise<void>((leave) => resolve(leave)));
    });
  }
}

class SqliteTransaction extends SqliteQueryable implements Transaction {
  /** `COMMIT` is run here and not by Prisma, which would leave a failed one open. */
  readonly options = { usePhantomQuery: true };

  constructor(
    connection: SqliteConnection,
    deadlineMs: () => number,
    private readonly leave: () => void,
  ) {
    super(connection, deadlineMs);
  }

  async commit(): Promise<void> {
    try {
      await this.whenUnlocked(() => this.connection.exec('COMMIT'));
    } finally {
      this.#end();
    }
  }

  async rollback(): Promise<void> {
    this.#end();
  }

  /** A full disk or a failed write may have rolled back already. */
  #end(): void {
    try {
      if (this.connection.inTransaction) this.connection.exec('ROLLBACK');
    } finally {
      this.leave();
    }
  }
}

export const cellsOf = ({ args, argTypes }: SqlQuery) =>
  args.map((argument, index) => toCell(argument, argTypes[index]));

export const resultSetOf = (
  columns: readonly { readonly name: string; readonly type: string | null }[],
  rows: readonly (readonly unknown[])[],
): SqlResultSet => {
  const columnTypes = columnTypesOf(columns, rows);
  return {
    columnNames: columns.map(({ name }) => name),
    columnTypes,
    rows: rows.map((row) => row.map((cell, index) => fromCell(cell, columnTypes[index]))),
  };
};
