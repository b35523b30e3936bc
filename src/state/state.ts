import type { ChangeBus, Commit } from '../domain/changes/changes.js';
import { UnavailableError } from '../domain/errors.js';
import { defaultLimits, type Limits } from '../domain/limits.js';
import { isIncompleteId } from '../domain/originals/pair-store.js';
import type { ByteKeeper, PublicImages, State, StateWriter } from '../domain/ports.js';
import { KeyedMutex } from '../lib/keyed-mutex.js';
import { ChangeLog } from './change-log.js';
import type { Database, Duty, HeardEvents } from './database.js';
import { rerunLostRaces } from './lost-race.js';
import { RecentImageLists, RecentPublicImages } from './recent-reads.js';
import { Scans } from './scans.js';
import { lockDeadlineMs } from './sqlite/lock-wait.js';
import { StartRefusedError } from './start-refused-error.js';
import { PrismaStateReader } from './state-reader.js';
import { PrismaStateWriter } from './state-writer.js';

/** How long a write waits for others of the same row: as long as for a connection. */
const longestTurnMs = 5_000;

export interface StateOptions {
  readonly limits?: Pick<Limits, 'scanSeconds' | 'scansWaiting'> | undefined;
  /** Turns a failed write's error into the one that the caller gets. */
  readonly translate?: ((error: unknown) => unknown) | undefined;
  /** Gets what each transaction did when it is committed, before the write resolves; without one, only the caches here follow. */
  readonly bus?: ChangeBus | undefined;
  readonly now?: (() => Date) | undefined;
  /** Whether the caller holds the lock that keeps all servers from the database: there are no writes of others to hear of then. */
  readonly isAlone?: boolean | undefined;
}

/** What depends on hearing of other servers' writes. */
interface ChangeLink {
  lost(error: unknown): void;
  live(): void;
}

export interface OpenState extends State, ByteKeeper {
  /** Has it reported when the writes of other servers are not heard of any more, and when they are again. */
  follow(link: ChangeLink): void;
  /** Resolves while the writes of other servers are heard of; always if there can be none. */
  checkHeard(): Promise<void>;
  /** Whether other servers may write to the database. */
  readonly isShared: boolean;
  /** Runs the work of a duty, unless another server does so now. It ends soon after the signal, as another server may begin. */
  once(duty: Duty, work: (lost: AbortSignal) => Promise<void>): Promise<void>;
  readonly publicImages: PublicImages;
  /** Resolves where the database can be read. */
  check(): Promise<void>;
  /** Waits for the writes under way, and lets go of the database. */
  close(): Promise<void>;
}

/**
 * The state in a database that is open and up to date.
 * @throws {StartRefusedError} if it is the target of a copy that has not been completed.
 */
export const stateOn = async (
  database: Database,
  { limits = defaultLimits, translate = (error) => error, bus, now = () => new Date(), isAlone = false }: StateOptions,
): Promise<OpenState> => {
  const { dialect, reader } = database;
  const store = (await reader.store.findFirstOrThrow()).id;
  if (isIncompleteId(store)) {
    throw new StartRefusedError(
      'The database is the target of a copy that was not completed. Run the same `npm run copy` again, and start when it is done.',
    );
  }
  const recentLists = new RecentImageLists(database.isHeard);
  const read = new PrismaStateReader(reader, {
    dialect,
    recentLists,
    scans: new Scans(database.scanner, limits),
    store,
  });
  const publicImages = new RecentPublicImages(read, database.isHeard, database.isShared);
  const invalidate = ({ writtenImages }: Commit): void => {
    publicImages.invalidate(writtenImages);
    recentLists.invalidate(writtenImages);
  };
  bus?.consume(invalidate);
  const publish = (commit: Commit): void => (bus ? bus.publish(commit) : invalidate(commit));

  const rowTurns = new KeyedMutex();
  const write = <Result>(work: (state: StateWriter) => Promise<Result>, row?: string): Promise<Result> => {
    const deadlineMs = lockDeadlineMs();
    const attempt = async (): Promise<Result> => {
      const changes = new ChangeLog(store, now, dialect);
      let result: Result;
      try {
        result = await database.write(deadlineMs, async (transaction) => {
          const done = await work(new PrismaStateWriter(transaction, changes, dialect));
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
    const run = () => rerunLostRaces(() => database.inTurn(attempt));
    if (row === undefined || !database.isShared) return run();
    const lateAtMs = performance.now() + longestTurnMs;
    return rowTurns.run(row, () => {
      if (performance.now() > lateAtMs) throw new UnavailableError('Others change the same too often. Try again.', 1);
      return run();
    });
  };

  let link: ChangeLink | undefined;
  const invalidateAll = (): void => publish({ changes: [], writtenImages: null, isCertain: false });
  const events: HeardEvents = {
    onNotice: (writtenImages) => publish({ changes: [], writtenImages, isCertain: false }),
    onLost: (error) => {
      invalidateAll();
      link?.lost(error);
    },
    onLive: () => {
      invalidateAll();
      link?.live();
    },
  };
  if (!isAlone) await database.hear(events);

  return {
    follow: (given) => {
      link = given;
    },
    isShared: database.isShared,
    once: database.once,
    checkHeard: async () => {
      if (!database.isHeard()) throw new Error('The writes of other servers are not heard of.');
    },
    read,
    publicImages,
    write,
    keepBytes: (sha256, at) => database.keepBytes(sha256, at),
    check: database.check,
    close: database.close,
  };
};
