import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { KeyedMutex } from '../lib/keyed-mutex.js';
import type { Database, OnQuery } from './database.js';
import { PrismaClient } from './generated/client.js';
import { keepBytesSql } from './keep-bytes.js';
import { SqliteAdapterFactory } from './sqlite/adapter.js';
import { SqliteConnection } from './sqlite/connection.js';
import { sqliteDialect } from './sqlite/dialect.js';
import { isSqliteFailure } from './sqlite/errors.js';
import { ForeignWrites } from './sqlite/foreign-writes.js';
import { DatabaseLockedError } from './sqlite/lock-wait.js';
import { ScanAdapterFactory } from './sqlite/scan-adapter.js';

const transactionOptions = { maxWait: 60_000, timeout: 30_000 };
/** A write whose time is up still has this long to get the lock. */
const shortestLockWaitMs = 20;
/** How long after a wait in vain the next writes have no more than that: they would wait in vain too, one after the other. */
const knownLockedMs = 1_000;

export interface OpenClientsOptions {
  readonly databasePath: string;
  /** To a migrated database; the writer's from now on. */
  readonly connection: SqliteConnection;
  readonly scanSeconds: number;
  readonly onQuery?: OnQuery | undefined;
  /** Whether a server may run on the database, which this process does not write alone then. */
  readonly isAlongside?: boolean | undefined;
}

/** Opens the connection that writes. With `synchronous = FULL` each commit is on the disk before it is acknowledged. */
export const openWriterConnection = (databasePath: string): SqliteConnection => {
  const connection = new SqliteConnection(databasePath);
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  return connection;
};

export const openClients = async (options: OpenClientsOptions): Promise<Database> => {
  const { databasePath, connection, scanSeconds, onQuery, isAlongside = false } = options;
  let writeDeadlineMs = 0;
  let knownLockedUntilMs = 0;
  const writer = newClient(
    new SqliteAdapterFactory(
      () => connection,
      () => writeDeadlineMs,
    ),
    onQuery,
  );
  const reader = newClient(new SqliteAdapterFactory(() => SqliteConnection.readOnly(databasePath)), onQuery);
  let scanner: PrismaClient | undefined;
  await writer.$connect();
  await reader.$connect();
  let foreignWrites: ForeignWrites | undefined;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    foreignWrites?.stop();
    await scanner?.$disconnect();
    await reader.$disconnect();
    settle(connection);
    await writer.$disconnect();
  };
  const line = new KeyedMutex();
  /** One after the other here, so that nobody waits for Prisma's only connection until it gives up. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => line.run('writer', work);
  return {
    dialect: sqliteDialect,
    // read-only, on a connection of its own
    reader,
    // made when it is first used
    scanner: () => {
      scanner ??= newClient(new ScanAdapterFactory(databasePath, scanSeconds * 1000), onQuery);
      return scanner;
    },
    inTurn,
    write: async (deadlineMs, work) => {
      // the transaction has the write lock from its beginning
      const nowMs = performance.now();
      writeDeadlineMs = Math.max(nowMs < knownLockedUntilMs ? 0 : deadlineMs, nowMs + shortestLockWaitMs);
      try {
        if (!foreignWrites) return await writer.$transaction(work);
        return await foreignWrites.own((owned) => writer.$transaction(owned), work);
      } catch (error) {
        if (error instanceof DatabaseLockedError) knownLockedUntilMs = performance.now() + knownLockedMs;
        throw error;
      }
    },
    isShared: false,
    isHeard: () => true,
    hear: async ({ onNotice }) => {
      foreignWrites = new ForeignWrites(connection, () => onNotice(null));
    },
    once: (_duty, work) => work(new AbortController().signal),
    // a server is the only one that removes bytes of its database
    keepBytes: async (sha256, now) => {
      if (!isAlongside) return;
      await inTurn(() => writer.$executeRaw(keepBytesSql(sha256, now)));
    },
    check: async () => {
      await reader.$queryRaw`SELECT 1`;
    },
    close: () => {
      closing ??= inTurn(close);
      return closing;
    },
  };
};

/**
 * Moves the write-ahead log into the file, which then is the whole database. A full disk or another process may prevent it; the log
 * then keeps what was acknowledged.
 */
const settle = (connection: SqliteConnection): void => {
  try {
    connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (!isSqliteFailure(error)) throw error;
  }
};

const newClient = (adapter: SqlDriverAdapterFactory, onQuery: OnQuery | undefined): PrismaClient => {
  if (!onQuery) return new PrismaClient({ adapter, transactionOptions });
  const client = new PrismaClient({ adapter, transactionOptions, log: [{ emit: 'event', level: 'query' }] });
  client.$on('query', ({ query }) => onQuery(query));
  return client;
};
