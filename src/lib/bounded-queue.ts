import { Demand, nobody } from './demand.js';

/** Receives how long each work of a queue waited and ran. */
export interface QueueTimes {
  waited(ms: number): void;
  ran(ms: number): void;
}

export interface BoundedQueueOptions {
  /** How many works run at once; one more if all of them are of one client and another one comes. */
  readonly concurrency: number;
  /** How many more may wait, and the error for what does not fit; without it all wait. */
  readonly room?: { readonly capacity: number; readonly onFull: () => Error } | undefined;
  readonly times?: QueueTimes | undefined;
}

/** A work that waits, in the line of each client that wants it. */
interface Waiting {
  readonly lines: Set<string>;
  begin(client: string): void;
  refuse(error: Error): void;
}

/**
 * Runs works a few at a time and shares the places fairly among clients: those that wait take turns, a full waiting room takes a place
 * back from the client that has the most, and no client keeps all running places from another.
 *
 * Work that {@link nobody} waits for begins when nothing else runs or waits, one at a time. It takes no place from the clients, and is no
 * part of the figures. If a client comes to want it too, it is that client's work.
 */
export class BoundedQueue {
  /** By client, in the order of their turns, what each waits for. */
  readonly #lines = new Map<string, Set<Waiting>>();
  /** By client, how many works run in its turn. */
  readonly #running = new Map<string, number>();
  #runningCount = 0;
  #waitingCount = 0;
  #isIdling = false;

  constructor(private readonly options: BoundedQueueOptions) {}

  get running(): number {
    return this.#runningCount;
  }

  get waiting(): number {
    return this.#waitingCount;
  }

  /** @param demand When it is abandoned, a work that waits leaves the queue; one that runs is left alone. */
  async run<Result>(work: () => Promise<Result>, demand: Demand = Demand.of('')): Promise<Result> {
    const cameAt = performance.now();
    demand.abandoned.throwIfAborted();
    let client = [...demand.clients].find((each) => each !== nobody) ?? nobody;
    if (this.#mayBegin(client)) {
      this.#occupy(client);
    } else {
      if (client !== nobody) this.#makeRoom(client);
      client = await this.#waitForTurn(demand, client === nobody);
    }
    const times = client === nobody ? undefined : this.options.times;
    const beganAt = performance.now();
    times?.waited(beganAt - cameAt);
    try {
      return await work();
    } finally {
      times?.ran(performance.now() - beganAt);
      this.#free(client);
    }
  }

  #mayBegin(client: string): boolean {
    const { concurrency } = this.options;
    if (client === nobody) {
      return this.#runningCount === 0 && !this.#isIdling && [...this.#lines.keys()].every((each) => each === nobody);
    }
    if (this.#runningCount !== concurrency) return this.#runningCount < concurrency;
    // works can't be stopped, and those of one client may take seconds: another client should not wait for them
    return this.#running.size === 1 && !this.#running.has(client);
  }

  #occupy(client: string): void {
    if (client === nobody) {
      this.#isIdling = true;
      return;
    }
    this.#runningCount += 1;
    this.#running.set(client, (this.#running.get(client) ?? 0) + 1);
  }

  #free(client: string): void {
    if (client === nobody) {
      this.#isIdling = false;
    } else {
      this.#runningCount -= 1;
      const left = (this.#running.get(client) ?? 0) - 1;
      if (left > 0) this.#running.set(client, left);
      else this.#running.delete(client);
    }
    this.#beginNext();
  }

  #beginNext(): void {
    for (const [client, line] of this.#lines) {
      if (!this.#mayBegin(client)) continue;
      const [next] = line;
      this.#occupy(client);
      next?.begin(client);
      // its next turn comes after everybody else's
      if (line.size > 0 && this.#lines.delete(client)) this.#lines.set(client, line);
      return;
    }
  }

  /** Resolves with the client in whose turn the work runs. */
  #waitForTurn(demand: Demand, isIdle: boolean): Promise<string> {
    const count = isIdle ? 0 : 1;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        demand.watch(undefined);
        demand.abandoned.removeEventListener('abort', leave);
        this.#waitingCount -= count;
        this.#align(waiting, new Set());
      };
      const leave = (): void => {
        settle();
        reject(demand.abandoned.reason);
      };
      const waiting: Waiting = {
        lines: new Set(),
        begin: (client) => {
          settle();
          resolve(client);
        },
        refuse: (error) => {
          settle();
          reject(error);
        },
      };
      this.#waitingCount += count;
      this.#align(waiting, demand.clients);
      demand.watch(() => {
        this.#align(waiting, demand.clients);
        // a client may want it now, and have a place
        if (isIdle) this.#beginNext();
      });
      demand.abandoned.addEventListener('abort', leave, { once: true });
    });
  }

  /** Has a work stand in the lines of these clients and in no other. */
  #align(waiting: Waiting, clients: ReadonlySet<string>): void {
    for (const client of waiting.lines) {
      if (clients.has(client)) continue;
      const line = this.#lines.get(client);
      line?.delete(waiting);
      if (line?.size === 0) this.#lines.delete(client);
      waiting.lines.delete(client);
    }
    for (const client of clients) {
      const line = this.#lines.get(client) ?? new Set();
      this.#lines.set(client, line.add(waiting));
      waiting.lines.add(client);
    }
  }

  /** Refuses the client, or in its favour the newest work of the client that waits for the most. */
  #makeRoom(client: string): void {
    const { room } = this.options;
    if (!room || this.#waitingCount < room.capacity) return;
    const own = this.#lines.get(client)?.size ?? 0;
    const longest = [...this.#lines.values()].reduce((a, b) => (b.size > a.size ? b : a), new Set<Waiting>());
    // what others want too is not taken from them
    const newest = longest.size > own + 1 ? [...longest].findLast(({ lines }) => lines.size === 1) : undefined;
    if (!newest) throw room.onFull();
    newest.refuse(room.onFull());
  }
}
