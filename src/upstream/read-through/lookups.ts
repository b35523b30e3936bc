import type { Limits } from '../../domain/limits.js';
import { BoundedQueue } from '../../lib/bounded-queue.js';
import type { Demand } from '../../lib/demand.js';
import { SingleFlight, type Waiter } from '../../lib/single-flight.js';
import { UpstreamError } from '../upstream-client.js';
import { RecentMisses } from './recent-misses.js';

/** How a lookup ended: `remembered` and `skipped` ones sent no request. */
export type LookupOutcome = 'hit' | 'miss' | 'failure' | 'remembered' | 'skipped';

export interface LookupsOptions {
  readonly limits: Limits;
  readonly now: () => Date;
  /** @param seconds Of the requests and the import; absent if there were none. */
  readonly finished: (outcome: LookupOutcome, seconds?: number) => void;
  readonly onFailure: (error: unknown) => void;
}

/** As many failures of the API in a row pause the lookups: it is down, and each would wait for it in vain. */
const maxFailuresInRow = 5;
/** The longest that an API may pause them by `Retry-After`. */
const longestPauseMs = 60_000;

/**
 * Looks for missing things in one API: those who look for the same are joined, few lookups run at a time, what was not found is not
 * looked for again for a while, and an API that fails is left alone for a while.
 */
export class Lookups {
  readonly #flights = new SingleFlight<boolean>();
  readonly #queue: BoundedQueue;
  readonly #misses: RecentMisses;
  /** One for each that sends requests. */
  readonly #stops = new Set<AbortController>();
  #isClosed = false;
  readonly #running = new Set<Promise<boolean>>();
  #failuresInRow = 0;
  #pausedUntilMs = 0;

  constructor(private readonly options: LookupsOptions) {
    const { limits, now } = options;
    this.#misses = new RecentMisses(limits, now);
    this.#queue = new BoundedQueue({
      concurrency: limits.upstreamLookups,
      room: { capacity: limits.upstreamLookupsWaiting, onFull: () => new Error('Too many lookups wait.') },
    });
  }

  /**
   * @param key Names what is looked for.
   * @param look Resolves with whether it was found; ends by the signal.
   * @param waiter Its signal ends its own waiting. A lookup that nobody waits for any more ends.
   */
  async find(key: string, look: (signal: AbortSignal) => Promise<boolean>, waiter: Waiter): Promise<boolean> {
    if (this.#misses.has(key)) {
      this.options.finished('remembered');
      return false;
    }
    try {
      return await this.#flights.run(
        key,
        (demand) => this.#tracked(this.#inTurn(key, look, demand, waiter.client)),
        waiter,
      );
    } catch {
      // the time is up, or there was no room: whatever else fails is reported where it does
      return false;
    }
  }

  /** Ends all lookups, and resolves when nothing is imported any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops) stop.abort();
    await Promise.allSettled(this.#running);
  }

  #tracked(lookup: Promise<boolean>): Promise<boolean> {
    this.#running.add(lookup);
    return lookup.finally(() => this.#running.delete(lookup));
  }

  async #inTurn(
    key: string,
    look: (signal: AbortSignal) => Promise<boolean>,
    demand: Demand,
    client: string,
  ): Promise<boolean> {
    const { finished, now } = this.options;
    let hasBegun = false;
    try {
      return await this.#queue.run(async () => {
        hasBegun = true;
        if (this.#isClosed || now().getTime() < this.#pausedUntilMs || !this.#misses.admits(client)) {
          finished('skipped');
          return false;
        }
        const beganAt = performance.now();
        const outcome = await this.#outcomeOf(look, demand);
        finished(outcome, (performance.now() - beganAt) / 1_000);
        if (outcome !== 'hit' && !this.#isClosed) this.#misses.add(key, client);
        return outcome === 'hit';
      }, demand);
    } catch (error) {
      if (!hasBegun) finished('skipped');
      throw error;
    }
  }

  async #outcomeOf(
    look: (signal: AbortSignal) => Promise<boolean>,
    demand: Demand,
  ): Promise<'hit' | 'miss' | 'failure'> {
    const stop = new AbortController();
    this.#stops.add(stop);
    // however many join it, one after the other
    const timer = setTimeout(() => stop.abort(), this.options.limits.upstreamLookupSeconds * 1_000);
    const signal = AbortSignal.any([demand.abandoned, stop.signal]);
    try {
      const isFound = await look(signal);
      this.#failuresInRow = 0;
      return isFound ? 'hit' : 'miss';
    } catch (error) {
      if (!this.#isClosed) this.#noteFailure(error, signal);
      return 'failure';
    } finally {
      clearTimeout(timer);
      this.#stops.delete(stop);
    }
  }

  /** A single image that is refused says nothing about the API; that it is slow, down, or refuses our requests does. */
  #noteFailure(error: unknown, signal: AbortSignal): void {
    const { limits, now, onFailure } = this.options;
    onFailure(signal.aborted ? new Error('The API took too long.', { cause: error }) : error);
    const { status, retryAfterMs } = error instanceof UpstreamError ? error : {};
    const isOfApi = signal.aborted || retryAfterMs !== undefined || status === 401 || status === 403;
    this.#failuresInRow = isOfApi ? this.#failuresInRow + 1 : 0;
    const pauseMs = limits.upstreamPauseSeconds * 1_000;
    const askedMs = status === 429 ? Math.min(Math.max(retryAfterMs ?? 0, pauseMs), longestPauseMs) : 0;
    const ownMs = this.#failuresInRow >= maxFailuresInRow ? pauseMs : 0;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, now().getTime() + Math.max(askedMs, ownMs));
  }
}
