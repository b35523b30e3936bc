import type { Change } from './changes.js';

/** How many changes a subscriber that is behind reads at once. */
const batchSize = 50;

export interface JournalSource<Item extends Change> {
  /** Rejects if the stream cannot start where it is asked to. */
  readonly begin: () => Promise<void>;
  readonly isWanted: (change: Change) => change is Item;
  /** The change after a position, wanted or not; null if there is none yet, undefined if only the journal has it. */
  readonly recent: (seq: number) => Change | null | undefined;
  readonly read: (seq: number, limit: number) => Promise<Batch<Item>>;
  /** The next change calls {@link JournalStream.wake}. */
  readonly onWait: () => void;
  readonly onEnd: () => void;
}

/** Wanted changes from the journal. */
export interface Batch<Item extends Change> {
  readonly items: readonly Item[];
  /** If there are no items: up to which position there are none. */
  readonly through: number;
}

/** One subscriber's way through the journal. An iterator by hand: the `return` of a generator would wait for the next change. */
export class JournalStream<Item extends Change> implements AsyncIterableIterator<Item> {
  #batch: Item[] = [];
  #hasBegun = false;
  #hasEnded = false;
  #failure: Error | undefined;
  #resume: (() => void) | undefined;

  constructor(
    private position: number,
    private readonly source: JournalSource<Item>,
  ) {}

  async next(): Promise<IteratorResult<Item>> {
    try {
      if (!this.#hasBegun) await this.source.begin();
      this.#hasBegun = true;
      while (!this.#hasEnded) {
        const item = this.#batch.shift() ?? this.#takeRecent();
        if (item) {
          this.position = Math.max(this.position, item.seq);
          return { done: false, value: item };
        }
        if (this.source.recent(this.position) === null) await this.#changed();
        else await this.#readBatch();
      }
    } catch (error) {
      this.end();
      throw error;
    }
    if (this.#failure) throw this.#failure;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Item>> {
    this.end();
    return { done: true, value: undefined };
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#batch = [];
    this.source.onEnd();
    this.wake();
  }

  /** Ends the stream with an error. */
  fail(error: Error): void {
    this.#failure = error;
    this.end();
  }

  /** Continues if the stream waits for a change. */
  wake(): void {
    this.#resume?.();
    this.#resume = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #takeRecent(): Item | undefined {
    for (;;) {
      const change = this.source.recent(this.position);
      if (!change) return undefined;
      this.position = change.seq;
      if (this.source.isWanted(change)) return change;
    }
  }

  async #readBatch(): Promise<void> {
    const { items, through } = await this.source.read(this.position, batchSize);
    this.#batch = this.#hasEnded ? [] : [...items];
    if (items.length === 0) this.position = Math.max(this.position, through);
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      this.source.onWait();
    });
  }
}
