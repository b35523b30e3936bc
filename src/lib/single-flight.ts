import { Demand } from './demand.js';
import { untilAborted } from './until-aborted.js';

interface Flight<Result> {
  readonly outcome: Promise<Result>;
  readonly demand: Demand;
}

/** Who waits, and for how long. */
export interface Waiter {
  readonly client: string;
  /** Ends the waiting of this caller alone, with the signal's reason. */
  readonly signal: AbortSignal;
}

/** Joins calls that are under way at the same time under one key: the work runs once and all get its outcome. */
export class SingleFlight<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  /** @param work Gets the demand of all waiters. It may go on when none is left, and be joined again. */
  async run(key: string, work: (demand: Demand) => Promise<Result>, { client, signal }: Waiter): Promise<Result> {
    signal.throwIfAborted();
    const flight = this.#join(key, work, client);
    const { abandoned } = flight.demand;
    try {
      return await untilAborted(flight.outcome, signal);
    } catch (error) {
      // this caller joined a work that was giving up because all before had left
      const gaveUp = abandoned.aborted && error === abandoned.reason;
      if (gaveUp && !signal.aborted) return this.run(key, work, { client, signal });
      throw error;
    } finally {
      flight.demand.leave(client);
    }
  }

  #join(key: string, work: (demand: Demand) => Promise<Result>, client: string): Flight<Result> {
    const underWay = this.#flights.get(key);
    if (underWay) {
      underWay.demand.join(client);
      return underWay;
    }
    const demand = Demand.of(client);
    const outcome = work(demand).finally(() => this.#flights.delete(key));
    // a work whose callers have all left may fail unheard
    outcome.catch(() => undefined);
    const flight = { outcome, demand };
    this.#flights.set(key, flight);
    return flight;
  }
}
