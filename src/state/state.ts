import type { ImageId } from '../domain/image.js';
import type { PublicImages, State, StateWriter } from '../domain/ports.js';
import { KeyedMutex } from '../lib/keyed-mutex.js';
import { recordChanges } from './changed-images.js';
import { type OnQuery, openClients } from './clients.js';
import { migrateDatabase } from './migrate.js';
import { RecentPublicImages } from './recent-public-images.js';
import { PrismaStateReader } from './state-reader.js';
import { PrismaStateWriter } from './state-writer.js';

export interface OpenStateOptions {
  /** The SQLite file; it is made or brought up to date first. The caller holds the lock of its folder. */
  readonly path: string;
  /** Called with each SQL statement, for tests that count them. */
  readonly onQuery?: OnQuery | undefined;
}

export interface OpenState extends State {
  readonly publicImages: PublicImages;
  /** Resolves where the database can be read. */
  check(): Promise<void>;
  /** Waits for the writes under way, then leaves the file alone as the whole database. */
  close(): Promise<void>;
}

/** @throws {StartRefusedError} where the database can't be migrated. */
export const openState = async ({ path, onQuery }: OpenStateOptions): Promise<OpenState> => {
  await migrateDatabase({ databasePath: path });
  const { writer, reader, close } = await openClients(path, onQuery);
  const line = new KeyedMutex();
  /** One after the other here, so that nobody waits for Prisma's only connection until it gives up. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => line.run('writer', work);

  const read = new PrismaStateReader(reader);
  const publicImages = new RecentPublicImages(read);

  const write = async <Result>(work: (state: StateWriter) => Promise<Result>): Promise<Result> => {
    const changed = new Set<ImageId>();
    const transact = () =>
      writer.$transaction(async (transaction) => {
        // takes the write lock at once: were it taken after a read, a commit of another process in between would be a failure
        await transaction.$executeRaw`DELETE FROM "Image" WHERE FALSE`;
        return work(recordChanges(new PrismaStateWriter(transaction), changed));
      });
    try {
      return await inTurn(transact);
    } finally {
      // after a failure too: it may have come behind the commit
      publicImages.forget(changed);
    }
  };

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
