import { untilAborted } from './until-aborted.js';

interface Flight<Result> {
  readonly outcome: Promise<Result>;
  /** Aborted when nobody waits for the outcome any more. */
  readonly abandonment: AbortController;
  waiters: number;
}

/** Joins calls that are under way at the same time under one key: the work runs once and all get its outcome. */
export class SingleFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  /**
   * @param work Gets a signal that tells it that nobody waits any more; it may go on all the same, and be joined again.
   * @param signal Ends the waiting of this caller alone, with the signal's reason.
   */
  async run(key: string, work: (abandoned: AbortSignal) => Promise<Result>, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#begin(key, work);
    flight.waiters += 1;
    try {
      return await untilAborted(flight.outcome, signal);
    } catch (error) {
      // this caller joined a work that was giving up because all before had left
      const gaveUp = flight.abandonment.signal.aborted && error === flight.abandonment.signal.reason;
      if (gaveUp && !signal.aborted) return this.run(key, work, signal);
      throw error;
    } finally {
      flight.waiters -= 1;
      if (flight.waiters === 0 && this.#flights.get(key) === flight) flight.abandonment.abort();
    }
  }

  #begin(key: string, work: (abandoned: AbortSignal) => Promise<Result>): Flight<Result> {
    const abandonment = new AbortController();
    const outcome = work(abandonment.signal).finally(() => this.#flights.delete(key));
    // a work whose callers have all left may fail unheard
    outcome.catch(() => undefined);
    const flight = { outcome, abandonment, waiters: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}
