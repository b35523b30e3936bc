import { access, constants } from 'node:fs/promises';
import type { StateChanges } from '../domain/changes.js';
import type { PublicImages, State, StateWriter } from '../domain/ports.js';
import { KeyedMutex } from '../lib/keyed-mutex.js';
import { ChangeLog } from './change-log.js';
import { type OnQuery, openClients } from './clients.js';
import { migrateDatabase } from './migrate.js';
import { RecentImageLists } from './recent-image-lists.js';
import { RecentPublicImages } from './recent-public-images.js';
import { PrismaStateReader } from './state-reader.js';
import { PrismaStateWriter } from './state-writer.js';

export interface OpenStateOptions {
  /** The SQLite file; it is made or brought up to date first. The caller holds the lock of its folder. */
  readonly path: string;
  /** Called with each SQL statement, for tests that count them. */
  readonly onQuery?: OnQuery | undefined;
  /** Called with what a transaction did when it is committed, before the write resolves. */
  readonly onCommit?: ((changes: StateChanges) => void) | undefined;
}

export interface OpenState extends State {
  readonly publicImages: PublicImages;
  /** Resolves where the database can be read. */
  check(): Promise<void>;
  /** Waits for the writes under way, then leaves the file alone as the whole database. */
  close(): Promise<void>;
}

/** @throws {StartRefusedError} where the database can't be migrated. */
export const openState = async ({ path, onQuery, onCommit }: OpenStateOptions): Promise<OpenState> => {
  await migrateDatabase({ databasePath: path });
  // SQLite opens what it may not write as read-only: the server would start, and each upload fail
  await access(path, constants.W_OK);
  const { writer, reader, close } = await openClients(path, onQuery);
  const line = new KeyedMutex();
  /** One after the other here, so that nobody waits for Prisma's only connection until it gives up. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => line.run('writer', work);

  const recentLists = new RecentImageLists();
  const read = new PrismaStateReader(reader, recentLists);
  const publicImages = new RecentPublicImages(read);

  const write = <Result>(work: (state: StateWriter) => Promise<Result>): Promise<Result> =>
    inTurn(async () => {
      const changes = new ChangeLog();
      try {
        const result = await writer.$transaction(async (transaction) => {
          // takes the write lock at once: were it taken after a read, a commit of another process in between would be a failure
          await transaction.$executeRaw`DELETE FROM "Image" WHERE FALSE`;
          return work(new PrismaStateWriter(transaction, changes));
        });
        // within the turn, so that changes are told in the order of their commits
        onCommit?.(changes);
        return result;
      } finally {
        // after a failure too: it may have come behind the commit
        publicImages.forget(changes.writtenImages);
        recentLists.forget(changes.writtenImages);
      }
    });

  return {
    read,
    publicImages,
    write,
    check: async () => {
      await reader.$queryRaw`SELECT 1`;
    },
    close: () => inTurn(close),
  };
};
