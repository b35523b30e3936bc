import { access, constants, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { defaultLimits } from '../../domain/limits.js';
import { KeyedMutex } from '../../lib/keyed-mutex.js';
import type { Database, OnQuery } from '../database.js';
import { PrismaClient } from '../generated/client.js';
import { keepBytesSql } from '../keep-bytes.js';
import { refusePending } from '../migrations.js';
import { type OpenState, type StateOptions, stateOn } from '../state.js';
import { SqliteAdapterFactory } from './adapter.js';
import { SqliteConnection } from './connection.js';
import { sqliteDialect } from './dialect.js';
import { isSqliteFailure } from './errors.js';
import { ForeignWrites } from './foreign-writes.js';
import { DatabaseLockedError, whenUnlocked } from './lock-wait.js';
import { applyMigrations, readPendingMigrations } from './migrate.js';
import { ScanAdapterFactory } from './scan-adapter.js';

export interface OpenStateOptions extends StateOptions {
  /** The SQLite file; it is created or brought up to date first. */
  readonly path: string;
  /** Makes sure, before migrations are applied, that nobody else runs on the database; a caller that holds its lock needs none. */
  readonly alone?: (<Result>(migrate: () => Promise<Result>) => Promise<Result>) | undefined;
  /** Whether a server may run on the database at the same time. */
  readonly isAlongside?: boolean | undefined;
  /** Whether a database that is not up to date is migrated; otherwise it is refused. */
  readonly migrate?: boolean | undefined;
  /** Called with each SQL statement, for tests that count them. */
  readonly onQuery?: OnQuery | undefined;
}

/** @throws {StartRefusedError} if the database can't be migrated. */
export const openState = async (options: OpenStateOptions): Promise<OpenState> =>
  stateOn(await openSqliteDatabase(options), options);

/** @throws {StartRefusedError} if the database can't be migrated. */
export const openSqliteDatabase = async (options: OpenStateOptions): Promise<Database> => {
  const {
    path,
    alone = (migrate) => migrate(),
    migrate = true,
    limits = defaultLimits,
    onQuery,
    isAlongside = false,
  } = options;
  await mkdir(dirname(path), { recursive: true });
  const connection = await whenUnlocked(() => openWriterConnection(path));
  try {
    // SQLite opens what it may not write as read-only: the server would start, and each upload fail
    await access(path, constants.W_OK);
    const pendingMigrations = () => readPendingMigrations(connection, { databasePath: path });
    const pending = await pendingMigrations();
    if (!migrate) refusePending(path, pending);
    if (pending.length > 0) {
      // asked again: another tool may have applied them until the lock was free
      await alone(async () => applyMigrations(connection, await pendingMigrations(), { databasePath: path }));
    }
  } catch (error) {
    connection.close();
    throw error;
  }
  return openClients({ databasePath: path, connection, scanSeconds: limits.scanSeconds, onQuery, isAlongside });
};

const transactionOptions = { maxWait: 60_000, timeout: 30_000 };
/** A write whose time is up still has this long to get the lock. */
const shortestLockWaitMs = 20;
/** How long after a wait in vain the next writes have no more than that: they would wait in vain too, one after the other. */
const knownLockedMs = 1_000;

interface OpenClientsOptions {
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
