import { availableParallelism } from 'node:os';
import { QueryTimeoutError, UnavailableError } from '../domain/errors.js';
import type { Limits } from '../domain/limits.js';
import { FairQueue } from '../lib/fair-queue.js';
import type { PrismaClient } from './generated/client.js';
import { ScanInterruptedError } from './scan-interrupted-error.js';

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
