import { access, constants, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ChangeBus, Commit } from '../domain/changes/changes.js';
import { defaultLimits, type Limits } from '../domain/limits.js';
import type { PublicImages, State, StateWriter } from '../domain/ports.js';
import { KeyedMutex } from '../lib/keyed-mutex.js';
import { ChangeLog } from './change-log.js';
import { type OnQuery, openClients, openWriterConnection } from './clients.js';
import { rerunLostRaces } from './lost-race.js';
import { applyMigrations, readPendingMigrations } from './migrate.js';
import { RecentImageLists } from './recent-image-lists.js';
import { RecentPublicImages } from './recent-public-images.js';
import { Scans } from './scans.js';
import { lockDeadlineMs, whenUnlocked } from './sqlite/lock-wait.js';
import { PrismaStateReader } from './state-reader.js';
import { PrismaStateWriter } from './state-writer.js';

export interface OpenStateOptions {
  /** The SQLite file; it is created or brought up to date first. */
  readonly path: string;
  /** Makes sure, before migrations are applied, that nobody else runs on the database; a caller that holds its lock needs none. */
  readonly alone?: (<Result>(migrate: () => Promise<Result>) => Promise<Result>) | undefined;
  readonly limits?: Pick<Limits, 'scanSeconds' | 'scansWaiting'> | undefined;
  /** Called with each SQL statement, for tests that count them. */
  readonly onQuery?: OnQuery | undefined;
  /** Turns a failed write's error into the one that the caller gets. */
  readonly translate?: ((error: unknown) => unknown) | undefined;
  /** Gets what each transaction did when it is committed, before the write resolves; without one, only the caches here follow. */
  readonly bus?: ChangeBus | undefined;
  readonly now?: (() => Date) | undefined;
}

export interface OpenState extends State {
  readonly publicImages: PublicImages;
  /** Resolves where the database can be read. */
  check(): Promise<void>;
  /** Waits for the writes under way, then leaves the file alone as the whole database. */
  close(): Promise<void>;
}

/** @throws {StartRefusedError} if the database can't be migrated. */
export const openState = async (options: OpenStateOptions): Promise<OpenState> => {
  const {
    path,
    alone = (migrate) => migrate(),
    limits = defaultLimits,
    onQuery,
    translate = (error) => error,
    bus,
    now = () => new Date(),
  } = options;
  await mkdir(dirname(path), { recursive: true });
  const connection = await whenUnlocked(() => openWriterConnection(path));
  // SQLite opens what it may not write as read-only: the server would start, and each upload fail
  await access(path, constants.W_OK);
  const pendingMigrations = () => readPendingMigrations(connection, { databasePath: path });
  if ((await pendingMigrations()).length > 0) {
    // asked again: another tool may have applied them until the lock was free
    await alone(async () => applyMigrations(connection, await pendingMigrations(), { databasePath: path }));
  }
  const clients = await openClients({ databasePath: path, connection, scanSeconds: limits.scanSeconds, onQuery });
  const { reader } = clients;
  const line = new KeyedMutex();
  /** One after the other here, so that nobody waits for Prisma's only connection until it gives up. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => line.run('writer', work);

  const store = (await reader.store.findFirstOrThrow()).id;
  const recentLists = new RecentImageLists();
  const read = new PrismaStateReader(reader, { recentLists, scans: new Scans(clients.scanner, limits), store });
  const publicImages = new RecentPublicImages(read);
  const invalidate = ({ writtenImages }: Commit): void => {
    publicImages.forget(writtenImages);
    recentLists.forget(writtenImages);
  };
  bus?.consume(invalidate);
  const publish = (commit: Commit): void => (bus ? bus.publish(commit) : invalidate(commit));

  const write = <Result>(work: (state: StateWriter) => Promise<Result>): Promise<Result> => {
    const deadlineMs = lockDeadlineMs();
    const attempt = async (): Promise<Result> => {
      const changes = new ChangeLog(store, now);
      let result: Result;
      try {
        result = await clients.write(deadlineMs, async (transaction) => {
          const done = await work(new PrismaStateWriter(transaction, changes));
          await changes.save(transaction);
          return done;
        });
      } catch (error) {
        // it may have come after the commit
        publish(changes.doubt());
        throw translate(error);
      }
      // within the turn, so that changes are published in the order of their commits
      publish(changes.commit());
      return result;
    };
    return rerunLostRaces(() => inTurn(attempt));
  };

  return {
    read,
    publicImages,
    write,
    check: async () => {
      await reader.$queryRaw`SELECT 1`;
    },
    close: () => inTurn(clients.close),
  };
};
