import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import type { SqlDriverAdapter } from '@prisma/driver-adapter-utils';
import { PrismaClient } from './generated/client.js';

/** How long a connection waits for a lock that another process holds, such as a command-line tool. */
const busyTimeoutMs = 5_000;
const transactionOptions = { maxWait: 60_000, timeout: 30_000 };

/**
 * `synchronous = FULL` has each commit on the disk before it is acknowledged; in WAL mode the default is weaker.
 * Sets what every connection needs, whenever Prisma makes one.
 */
class DurableAdapterFactory extends PrismaBetterSqlite3 {
  override async connect(): Promise<SqlDriverAdapter> {
    const adapter = await super.connect();
    await adapter.executeScript('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    return adapter;
  }
}

/** Called with each SQL statement that reads or writes rows. */
export type OnQuery = (sql: string) => void;

export interface Clients {
  /** Its writes are transactions without exception: on its one connection a plain write would join a transaction under way. */
  readonly writer: PrismaClient;
  /** Read-only, on a connection of its own: it never sees what is not committed. */
  readonly reader: PrismaClient;
  close(): Promise<void>;
}

/** Opens a migrated SQLite file. */
export const openClients = async (databasePath: string, onQuery?: OnQuery): Promise<Clients> => {
  const connection = { url: databasePath, timeout: busyTimeoutMs };
  // integers compare right for every Date; ISO texts do not, beyond the year 9999
  const format = { timestampFormat: 'unixepoch-ms' } as const;
  const writer = newClient(new DurableAdapterFactory(connection, format), onQuery);
  // a read-only connection can't make the file nor switch it to WAL
  await writer.$connect();
  const reader = newClient(new PrismaBetterSqlite3({ ...connection, readonly: true }, format), onQuery);
  await reader.$connect();
  return {
    writer,
    reader,
    // the last connection to close empties the write-ahead log, which only the writer can
    close: async () => {
      await reader.$disconnect();
      await writer.$disconnect();
    },
  };
};

const newClient = (adapter: PrismaBetterSqlite3, onQuery: OnQuery | undefined): PrismaClient => {
  if (!onQuery) return new PrismaClient({ adapter, transactionOptions });
  const client = new PrismaClient({ adapter, transactionOptions, log: [{ emit: 'event', level: 'query' }] });
  client.$on('query', ({ query }) => onQuery(query));
  return client;
};
