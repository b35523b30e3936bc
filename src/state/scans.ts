import { availableParallelism } from 'node:os';
import { QueryTimeoutError, UnavailableError } from '../domain/errors.js';
import type { ImageFilter, ImageQuery } from '../domain/images/image-query.js';
import type { Limits } from '../domain/limits.js';
import { FairQueue } from '../lib/fair-queue.js';
import type { PrismaClient } from './generated/client.js';

/** One core is left to the event loop. */
const concurrency = Math.max(1, Math.min(4, availableParallelism() - 1));
/** As many accounts can fill their share before others are turned away. */
const fullShares = 4;

/** What a scan is for. */
export interface ScanPurpose {
  /** The account that it runs for: accounts take turns. */
  readonly account: string;
  /** What makes it costly, such as the name of a filter. */
  readonly costly: readonly string[];
}

/** Reads that no index serves: off the event loop's thread, few at a time, each with a time limit. */
export class Scans {
  readonly #queue: FairQueue;

  constructor(
    private readonly client: () => PrismaClient,
    private readonly limits: Pick<Limits, 'scanSeconds' | 'scansWaiting'>,
  ) {
    const { scanSeconds, scansWaiting } = limits;
    this.#queue = new FairQueue({
      concurrency,
      capacity: { ofKey: scansWaiting, inAll: fullShares * scansWaiting },
      maxWaitMs: scanSeconds * 1000,
      onFull: () =>
        new UnavailableError(
          'The server has as many counts, filtered lists and pages far from the start to work on as it accepts. ' +
            'Try again in a few seconds, with fewer at once.',
          scanSeconds,
        ),
    });
  }

  /**
   * @throws {QueryTimeoutError} if the work runs longer than `scanSeconds`; it is stopped then.
   * @throws {UnavailableError} if too many wait, or the work's turn does not come within `scanSeconds`.
   */
  run<Result>({ account, costly }: ScanPurpose, work: (client: PrismaClient) => Promise<Result>): Promise<Result> {
    return this.#queue.run(account, async () => {
      try {
        return await work(this.client());
      } catch (error) {
        throw error instanceof ScanInterruptedError ? new QueryTimeoutError(this.limits.scanSeconds, costly) : error;
      }
    });
  }
}

/** The rows that a page on the event loop's thread may skip: a fraction of a millisecond. */
const maxSkipped = 1_000;

/** Why an index alone does not serve a list, by the names that clients know; empty if it does. */
export const scanReasonsOf = ({ filter, order, skip }: ImageQuery): string[] => [
  ...filtersOf(filter).filter((name) => name !== order.key),
  ...(skip > maxSkipped ? ['skip'] : []),
];

export const filtersOf = (filter: ImageFilter): string[] =>
  Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);

/** A statement ran into its time limit and was stopped. */
export class ScanInterruptedError extends Error {}
