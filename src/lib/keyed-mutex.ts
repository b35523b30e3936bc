/** Runs works of one key one after the other, in the order they came; works of different keys run side by side. */
export class KeyedMutex {
  /** The end of each key's line. A key is gone as soon as nobody works or waits under it. */
  readonly #lastInLine = new Map<string, Promise<unknown>>();

  run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#lastInLine.get(key) ?? Promise.resolve();
    const result = before.then(work);
    // the next in line waits for the end, not for success
    const end: Promise<void> = result.then(
      () => this.#leave(key, end),
      () => this.#leave(key, end),
    );
    this.#lastInLine.set(key, end);
    return result;
  }

  /** How many keys are worked or waited on now. */
  get size(): number {
    return this.#lastInLine.size;
  }

  #leave(key: string, end: Promise<void>): void {
    if (this.#lastInLine.get(key) === end) this.#lastInLine.delete(key);
  }
}
