/** Runs work a few at a time, first come first served, and turns away what does not fit into its waiting room. */
export class BoundedQueue {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /**
   * @param concurrency How many works run at once.
   * @param capacity How many more may wait.
   * @param onFull Makes the error that a turned-away caller gets.
   */
  constructor(
    private readonly concurrency: number,
    private readonly capacity: number,
    private readonly onFull: () => Error,
  ) {}

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.concurrency) this.#running += 1;
    else await this.#waitForTurn();
    try {
      return await work();
    } finally {
      // the place is handed on, not freed, so that nobody overtakes those who wait
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  #waitForTurn(): Promise<void> {
    if (this.#waiting.length >= this.capacity) throw this.onFull();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
