export interface FairQueueOptions {
  /** How many works run at once. */
  readonly concurrency: number;
  /** How many works of one key may wait, and how many of all keys together. */
  readonly capacity: { readonly ofKey: number; readonly inAll: number };
  /** How long a work may wait for its turn. */
  readonly maxWaitMs: number;
  /** The error for work that finds no room, or waited too long. */
  readonly onFull: () => Error;
}

/** Runs work a few at a time. Keys take turns, so that none waits for all that another has queued. */
export class FairQueue {
  /** Who waits under each key; the first key is the next to have a turn. */
  readonly #lines = new Map<string, Set<() => void>>();
  #running = 0;
  #waiting = 0;

  constructor(private readonly options: FairQueueOptions) {}

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.options.concurrency) this.#running += 1;
    else await this.#waitForTurn(key);
    try {
      return await work();
    } finally {
      this.#handOn();
    }
  }

  #waitForTurn(key: string): Promise<void> {
    const { capacity, maxWaitMs, onFull } = this.options;
    const line = this.#lines.get(key) ?? new Set();
    if (line.size >= capacity.ofKey || this.#waiting >= capacity.inAll) throw onFull();
    this.#lines.set(key, line);
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#remove(key, line, enter);
        reject(onFull());
      }, maxWaitMs);
      line.add(enter);
    });
  }

  #remove(key: string, line: Set<() => void>, waiter: () => void): void {
    line.delete(waiter);
    this.#waiting -= 1;
    if (line.size === 0) this.#lines.delete(key);
  }

  /** The place is handed on, not freed, so that nobody overtakes the waiting. */
  #handOn(): void {
    const [next] = this.#lines;
    if (!next) {
      this.#running -= 1;
      return;
    }
    const [key, line] = next;
    // behind the other keys
    this.#lines.delete(key);
    this.#lines.set(key, line);
    const [enter] = line;
    if (!enter) return;
    this.#remove(key, line, enter);
    enter();
  }
}
