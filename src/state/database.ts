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

/** What one server of an installation does at a time: removing what is no longer needed, and sending changes elsewhere. */
export type Duty = 'upkeep' | 'delivery' | 'purges';

/** Where databases differ. All other statements are the same for each. */
export interface Dialect {
  /** A text as an index can hold it. It differs for different texts. */
  indexable(text: string): string;
  searchTexts(client: PrismaClient, text: string): Promise<TextSearch>;
  /**
   * Looks hashes up in their index, in the order of the probes: a bounded number of rows "imageId", "group" (that of the hash), and
   * "bits", in which the hashes differ.
   * @param probes JSON: of each hash its group, the hash itself, a bucket, and from there on the places of the buckets to look into.
   */
  hashCandidates(probes: string): Prisma.Sql;
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

export interface HeardEvents {
  /** Another server has committed. Null means all images. */
  readonly onNotice: (writtenImages: ReadonlySet<ImageId> | null) => void;
  /** From now on writes of other servers are not heard of. */
  readonly onLost: (error: unknown) => void;
  /** They are heard of again; what came in between is unknown. */
  readonly onLive: () => void;
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
  /** Whether other servers may write to it. */
  readonly isShared: boolean;
  /** Whether whatever other servers write is heard of: only then may rows be kept in memory. */
  isHeard(): boolean;
  /** Has the writes of other servers reported from now on. */
  hear(events: HeardEvents): Promise<void>;
  /** Runs the work of a duty, unless another server does so now. It ends soon after the signal, as another server may begin. */
  once(duty: Duty, work: (lost: AbortSignal) => Promise<void>): Promise<void>;
  /** @see ByteKeeper */
  keepBytes(sha256: Sha256, now: Date): Promise<void>;
  /** Resolves if the database can be read. */
  check(): Promise<void>;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}
