import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { type Prisma, PrismaClient } from './generated/client.js';
import { SqliteAdapterFactory } from './sqlite/adapter.js';
import { SqliteConnection } from './sqlite/connection.js';
import { isSqliteFailure } from './sqlite/errors.js';
import { DatabaseLockedError } from './sqlite/lock-wait.js';
import { ScanAdapterFactory } from './sqlite/scan-adapter.js';

const transactionOptions = { maxWait: 60_000, timeout: 30_000 };
/** A write whose time is up still has this long to get the lock. */
const shortestLockWaitMs = 20;
/** How long after a wait in vain the next writes have no more than that: they would wait in vain too, one after the other. */
const knownLockedMs = 1_000;

/** Called with each SQL statement that reads or writes rows. */
export type OnQuery = (sql: string) => void;

export interface Clients {
  /** Read-only, on a connection of its own: it never sees what is not committed. */
  readonly reader: PrismaClient;
  /** Read-only, off the event loop's thread and with a time limit. It is made when it is first used. */
  readonly scanner: () => PrismaClient;
  /**
   * Runs work in a transaction that has the write lock from its beginning.
   * @param deadlineMs Until when it waits for another process that holds the lock.
   */
  write<Result>(deadlineMs: number, work: (transaction: Prisma.TransactionClient) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface OpenClientsOptions {
  readonly databasePath: string;
  /** To a migrated database; the writer's from now on. */
  readonly connection: SqliteConnection;
  readonly scanSeconds: number;
  readonly onQuery?: OnQuery | undefined;
}

/** Opens the connection that writes. With `synchronous = FULL` each commit is on the disk before it is acknowledged. */
export const openWriterConnection = (databasePath: string): SqliteConnection => {
  const connection = new SqliteConnection(databasePath);
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  return connection;
};

export const openClients = async (options: OpenClientsOptions): Promise<Clients> => {
  const { databasePath, connection, scanSeconds, onQuery } = options;
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
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await scanner?.$disconnect();
    await reader.$disconnect();
    settle(connection);
    await writer.$disconnect();
  };
  return {
    reader,
    scanner: () => {
      scanner ??= newClient(new ScanAdapterFactory(databasePath, scanSeconds * 1000), onQuery);
      return scanner;
    },
    write: async (deadlineMs, work) => {
      const nowMs = performance.now();
      writeDeadlineMs = Math.max(nowMs < knownLockedUntilMs ? 0 : deadlineMs, nowMs + shortestLockWaitMs);
      try {
        return await writer.$transaction(work);
      } catch (error) {
        if (error instanceof DatabaseLockedError) knownLockedUntilMs = performance.now() + knownLockedMs;
        throw error;
      }
    },
    close: () => {
      closing ??= close();
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
