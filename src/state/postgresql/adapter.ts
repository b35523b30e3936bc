import {
  type ConnectionInfo,
  DriverAdapterError,
  type IsolationLevel,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
  type Transaction,
} from '@prisma/driver-adapter-utils';
import type { Pool, PoolClient, QueryArrayResult } from 'pg';
import { toPrismaError, toScanError } from './errors.js';
import { columnTypeOf, fromText, toParameter } from './values.js';

/** The protocol counts them in 16 bits. */
const maxBindValues = 32_767;

/** Runs a statement; its rejection is an error of `pg`. */
type Run = (sql: string, parameters: unknown[]) => Promise<QueryArrayResult<(string | null)[]>>;

/** All values come as text, and are read by the type of their column. */
const runOn =
  (client: Pick<Pool | PoolClient, 'query'>): Run =>
  (text, values) =>
    client.query({ text, values, rowMode: 'array', types: { getTypeParser: () => (value: unknown) => value } });

class PostgresqlQueryable {
  readonly provider = 'postgres';
  readonly adapterName = 'image-facade-postgresql';

  constructor(
    private readonly run: Run,
    private readonly translate: (error: unknown) => Error = toPrismaError,
  ) {}

  async queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    const { fields, rows } = await this.perform(query);
    const columnTypes = fields.map(({ dataTypeID }) => columnTypeOf(dataTypeID));
    return {
      columnNames: fields.map(({ name }) => name),
      columnTypes,
      rows: rows.map((row) => row.map((cell, index) => fromText(cell, columnTypes[index]))),
    };
  }

  async executeRaw(query: SqlQuery): Promise<number> {
    return (await this.perform(query)).rowCount ?? 0;
  }

  protected async perform({ sql, args, argTypes }: SqlQuery) {
    const parameters = args.map((argument, index) => toParameter(argument, argTypes[index]));
    try {
      return await this.run(sql, parameters);
    } catch (error) {
      throw this.translate(error);
    }
  }
}

/** Prisma's driver over a pool, which belongs to the caller. */
export class PostgresqlAdapterFactory implements SqlDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = 'image-facade-postgresql';

  constructor(private readonly pool: Pool) {}

  async connect(): Promise<SqlDriverAdapter> {
    return new PostgresqlAdapter(this.pool);
  }
}

class PostgresqlAdapter extends PostgresqlQueryable implements SqlDriverAdapter {
  constructor(private readonly pool: Pool) {
    super(runOn(pool));
  }

  getConnectionInfo(): ConnectionInfo {
    return { maxBindValues, supportsRelationJoins: false };
  }

  async executeScript(): Promise<void> {
    throw new Error('Migrations run on a connection of their own.');
  }

  async startTransaction(isolationLevel?: IsolationLevel): Promise<Transaction> {
    if (isolationLevel) throw new DriverAdapterError({ kind: 'InvalidIsolationLevel', level: isolationLevel });
    const client = await connect(this.pool);
    try {
      // each statement sees what is committed by then, which is what compare-and-set builds on
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
      return new PostgresqlTransaction(client);
    } catch (error) {
      client.release(true);
      throw toPrismaError(error);
    }
  }

  /** The pool has its own end. */
  async dispose(): Promise<void> {}
}

const connect = async (pool: Pool): Promise<PoolClient> => {
  try {
    const client = await pool.connect();
    // a failure while no statement runs is found by the next one; without a listener it would end the process
    if (client.listenerCount('error') === 0) client.on('error', () => undefined);
    return client;
  } catch (error) {
    throw toPrismaError(error);
  }
};

class PostgresqlTransaction extends PostgresqlQueryable implements Transaction {
  /** `COMMIT` is run here and not by Prisma, which would keep the connection of a failed one. */
  readonly options = { usePhantomQuery: true };

  constructor(private readonly client: PoolClient) {
    super(runOn(client));
  }

  async commit(): Promise<void> {
    const outcome = await this.#end('COMMIT');
    // after a failed statement PostgreSQL rolls back, and reports no error
    if (outcome !== 'COMMIT')
      throw new Error('A transaction was rolled back because one of its statements had failed.');
  }

  async rollback(): Promise<void> {
    await this.#end('ROLLBACK');
  }

  /** A connection that fails here is not used again: closing it rolls back. */
  async #end(statement: 'COMMIT' | 'ROLLBACK'): Promise<string> {
    try {
      const { command } = await this.client.query(statement);
      this.client.release();
      return command;
    } catch (error) {
      this.client.release(true);
      throw toPrismaError(error);
    }
  }
}

/**
 * Prisma's driver for reads that take long: each is a transaction of its own, so that its time limit holds behind a pooler too, and
 * leaves nothing on a connection that others use next.
 */
export class ScanAdapterFactory implements SqlDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = 'image-facade-postgresql';

  constructor(
    private readonly pool: Pool,
    private readonly limitMs: number,
  ) {}

  async connect(): Promise<SqlDriverAdapter> {
    return new ScanAdapter(this.pool, this.limitMs);
  }
}

class ScanAdapter extends PostgresqlQueryable implements SqlDriverAdapter {
  constructor(pool: Pool, limitMs: number) {
    super(async (sql, parameters) => {
      const client = await connect(pool);
      let isWhole = false;
      try {
        await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${Math.max(1, Math.round(limitMs))}`);
        const result = await runOn(client)(sql, parameters).catch(async (error: unknown) => {
          await client.query('ROLLBACK');
          isWhole = true;
          throw error;
        });
        await client.query('COMMIT');
        isWhole = true;
        return result;
      } finally {
        client.release(!isWhole);
      }
    }, toScanError);
  }

  async executeScript(): Promise<void> {
    throw new Error('This connection reads only.');
  }

  async startTransaction(): Promise<Transaction> {
    throw new Error('This connection reads only.');
  }

  async dispose(): Promise<void> {}
}
