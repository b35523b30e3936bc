import type { AccountId, ImageId, Sha256 } from '../domain/images/image.js';
import type { Prisma, PrismaClient } from './generated/client.js';

type Transaction = Prisma.TransactionClient;

/** Called with each SQL statement that reads or writes rows. */
export type OnQuery = (sql: string) => void;

/** How to find images by a part of their alternative text. */
export interface TextSearch {
  /** Where images are read from: the table, or what an index of texts has found. */
  readonly source: Prisma.Sql;
  /** A condition on a row of the metadata. */
  readonly isContained: Prisma.Sql;
}

/** The columns of a row of the journal that are given. */
export interface ChangeRow {
  readonly occurredOn: Date;
  readonly kind: string;
  readonly imageId: string | null;
  readonly accountId: string | null;
  readonly publicId: string | null;
  readonly sha256: string | null;
  readonly metalImageId: string | null;
}

/** Where databases differ. All other statements are the same for each. */
export interface Dialect {
  /** A text as an index can hold it. It differs for different texts. */
  indexable(text: string): string;
  searchTexts(client: PrismaClient, text: string): Promise<TextSearch>;
  /**
   * Writes into the journal, as the last statement of a transaction: rows are numbered in the order of commits. Resolves with the numbers
   * in the order of the rows.
   * @param written What other servers drop from their caches when the transaction is committed.
   */
  insertChanges(transaction: Transaction, rows: readonly ChangeRow[], written: ReadonlySet<ImageId>): Promise<number[]>;
  /** Until the transaction ends, no other one names the blob or deletes it. */
  lockBlob(transaction: Transaction, sha256: Sha256): Promise<void>;
  /** Until the transaction ends, no other one that does the same goes on. */
  lockAccount(transaction: Transaction, accountId: AccountId): Promise<void>;
}

/** An open database. */
export interface Database {
  readonly dialect: Dialect;
  /** It never sees what is not committed. */
  readonly reader: PrismaClient;
  /** For reads that take long: off the event loop's thread and with a time limit. */
  readonly scanner: () => PrismaClient;
  /** Runs work when its turn has come, if the database has one writer at a time. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
  /**
   * Runs work in a transaction.
   * @param deadlineMs Until when it waits for another process that holds a lock on the whole database.
   */
  write<Result>(deadlineMs: number, work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** Whether no other server writes to it, or whatever others write is heard of: only then may rows be kept in memory. */
  isAlone(): boolean;
  /** @see ByteKeeper */
  keepBytes(sha256: Sha256, now: Date): Promise<void>;
  /** Resolves if the database can be read. */
  check(): Promise<void>;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}
