import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { defaultLimits } from '../../domain/limits.js';
import type { Database, Duty, OnQuery } from '../database.js';
import type { PrismaClient } from '../generated/client.js';
import { PrismaClient as PostgresqlClient } from '../generated/postgresql/client.js';
import { keepBytesSql } from '../keep-bytes.js';
import { type OpenState, type StateOptions, stateOn } from '../state.js';
import { PostgresqlAdapterFactory, ScanAdapterFactory } from './adapter.js';
import { ChangeListener } from './change-listener.js';
import { createPostgresqlDialect } from './dialect.js';
import { revealFailure } from './errors.js';
import { connectionOf, type PostgresqlLocation } from './location.js';
import { migratePostgresql } from './migrate.js';

/** A request waits this long for a connection. */
const connectMs = 5_000;
/** A statement that has no result by then runs on a connection that is lost, or waits for others. */
const statementMs = 30_000;
/** The advisory locks of the servers that have a duty. */
const dutyLocks = {
  upkeep: 1_768_253_283,
  delivery: 1_768_253_284,
  purges: 1_768_253_285,
} as const satisfies Record<Duty, number>;
const transactionOptions = { maxWait: connectMs, timeout: statementMs };

export interface OpenPostgresqlStateOptions extends StateOptions {
  readonly location: PostgresqlLocation;
  /** Whether a database that is not up to date is migrated; otherwise it is refused. */
  readonly migrate?: boolean | undefined;
  /** Called with each SQL statement, for tests that count them. */
  readonly onQuery?: OnQuery | undefined;
}

/**
 * @throws {StartRefusedError} if the database can't be migrated.
 * @throws {DatabaseUnavailableError} if it can't be reached.
 */
export const openPostgresqlState = async (options: OpenPostgresqlStateOptions): Promise<OpenState> => {
  const database = await openPostgresqlDatabase(options);
  try {
    return await stateOn(database, options);
  } catch (error) {
    await database.close();
    throw error;
  }
};

/** @throws {StartRefusedError} {@link DatabaseUnavailableError} */
export const openPostgresqlDatabase = async (options: OpenPostgresqlStateOptions): Promise<Database> => {
  const { location, migrate = true, limits = defaultLimits, onQuery } = options;
  await migratePostgresql(location, { apply: migrate });
  return openDatabase(location, limits.scanSeconds * 1000, onQuery);
};

const openDatabase = (location: PostgresqlLocation, scanMs: number, onQuery: OnQuery | undefined): Database => {
  const pool = new pg.Pool({
    ...connectionOf(location.url),
    max: location.poolSize,
    connectionTimeoutMillis: connectMs,
    query_timeout: statementMs,
  });
  // a connection that fails while it is idle leaves the pool
  pool.on('error', () => undefined);
  const client = newClient(new PostgresqlAdapterFactory(pool), onQuery);
  const scanner = newClient(new ScanAdapterFactory(pool, scanMs), onQuery);
  const serverId = randomUUID();
  let listener: ChangeListener | undefined;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await listener?.close();
    await client.$disconnect();
    await scanner.$disconnect();
    await pool.end();
  };
  return {
    dialect: createPostgresqlDialect(serverId),
    reader: client,
    scanner: () => scanner,
    inTurn: (work) => work(),
    write: async (_deadlineMs, work) => {
      try {
        return await client.$transaction(work, transactionOptions);
      } catch (error) {
        throw revealFailure(error);
      }
    },
    isShared: true,
    isHeard: () => listener?.isLive ?? false,
    hear: async (events) => {
      listener = await ChangeListener.open(location, serverId, events);
    },
    once: async (duty, work) => listener?.once(dutyLocks[duty], work),
    keepBytes: async (sha256, now) => {
      await client.$executeRaw(keepBytesSql(sha256, now));
    },
    check: async () => {
      await client.$queryRaw`SELECT 1`;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
};

/** The clients of both databases have the same models, which a test compares: types come from one of them. */
const newClient = (
  adapter: PostgresqlAdapterFactory | ScanAdapterFactory,
  onQuery: OnQuery | undefined,
): PrismaClient => {
  const client = new PostgresqlClient({ adapter, log: onQuery ? [{ emit: 'event', level: 'query' }] : [] });
  if (onQuery) client.$on('query', ({ query }) => onQuery(query));
  const revealing = client.$extends({
    query: {
      $allOperations: async ({ args, query }) => {
        try {
          return await query(args);
        } catch (error) {
          throw revealFailure(error);
        }
      },
    },
  });
  return revealing as unknown as PrismaClient;
};
