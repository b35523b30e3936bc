import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { type Prisma, PrismaClient } from './generated/client.js';
import { SqliteAdapterFactory } from './sqlite/adapter.js';
import { SqliteConnection } from './sqlite/connection.js';
import { ScanAdapterFactory } from './sqlite/scan-adapter.js';

const transactionOptions = { maxWait: 60_000, timeout: 30_000 };
/** A write that waited for other writes until its time was up still has this long to get the lock. */
const shortestLockWaitMs = 20;

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
    write: (deadlineMs, work) => {
      writeDeadlineMs = Math.max(deadlineMs, performance.now() + shortestLockWaitMs);
      return writer.$transaction(work);
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
};

/** Moves the write-ahead log into the file, which then is the whole database. Another process that reads may prevent it. */
const settle = (connection: SqliteConnection): void => {
  connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
};

const newClient = (adapter: SqlDriverAdapterFactory, onQuery: OnQuery | undefined): PrismaClient => {
  if (!onQuery) return new PrismaClient({ adapter, transactionOptions });
  const client = new PrismaClient({ adapter, transactionOptions, log: [{ emit: 'event', level: 'query' }] });
  client.$on('query', ({ query }) => onQuery(query));
  return client;
};
