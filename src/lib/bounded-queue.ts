/** Hears how long each work of a queue waited and ran. */
export interface QueueTimes {
  waited(ms: number): void;
  ran(ms: number): void;
}

export interface BoundedQueueOptions {
  /** How many works run at once. */
  readonly concurrency: number;
  /** How many more may wait, and the error that whoever comes then gets; without it all wait. */
  readonly room?: { readonly capacity: number; readonly onFull: () => Error } | undefined;
  readonly times?: QueueTimes | undefined;
}

/** Runs work a few at a time, first come first served; with a bounded waiting room it turns away what does not fit. */
export class BoundedQueue {
  /** What lets each of those who wait in, in the order they came. */
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(private readonly options: BoundedQueueOptions) {}

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @param signal Takes a work that still waits out of the queue; one that runs is left alone. */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const cameAt = performance.now();
    signal?.throwIfAborted();
    if (this.#running < this.options.concurrency) this.#running += 1;
    else await this.#waitForTurn(signal);
    const beganAt = performance.now();
    this.options.times?.waited(beganAt - cameAt);
    try {
      return await work();
    } finally {
      this.options.times?.ran(performance.now() - beganAt);
      this.#handOn();
    }
  }

  #waitForTurn(signal: AbortSignal | undefined): Promise<void> {
    const { room } = this.options;
    if (room && this.#waiting.size >= room.capacity) throw room.onFull();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(enter);
        reject(signal?.reason);
      };
      const enter = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      this.#waiting.add(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** The place is handed on, not freed, so that nobody overtakes those who wait. */
  #handOn(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
