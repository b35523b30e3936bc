/** Hands items to whoever subscribes, each at its own pace; who falls too far behind is cut off, so that memory stays bounded. */
export class Broadcast<Item> {
  readonly #subscriptions = new Set<Subscription<Item>>();

  /**
   * @param capacity How many items may wait for one subscriber.
   * @param onOverflow Makes the error that a subscriber gets who fell behind.
   */
  constructor(
    private readonly capacity: number,
    private readonly onOverflow: () => Error,
  ) {}

  /** How many subscribers there are. */
  get size(): number {
    return this.#subscriptions.size;
  }

  publish(item: Item): void {
    for (const subscription of this.#subscriptions) subscription.offer(item, this.capacity, this.onOverflow);
  }

  /** The items that are published from now on and wanted. Whoever stops iterating leaves nothing behind. */
  subscribe(isWanted: (item: Item) => boolean = () => true): AsyncIterableIterator<Item> {
    const subscription = new Subscription<Item>(isWanted, () => this.#subscriptions.delete(subscription));
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Ends all subscriptions after what already waits for them. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.end();
  }
}

/** An iterator by hand: the `return` of an async generator would wait for the next item, and its subscription with it. */
class Subscription<Item> implements AsyncIterableIterator<Item> {
  readonly #waiting: Item[] = [];
  #pull: ((result: Promise<IteratorResult<Item>>) => void) | undefined;
  #failure: Error | undefined;
  #ended = false;

  constructor(
    private readonly isWanted: (item: Item) => boolean,
    private readonly onEnd: () => void,
  ) {}

  offer(item: Item, capacity: number, onOverflow: () => Error): void {
    if (!this.isWanted(item)) return;
    if (this.#pull) {
      this.#settle(Promise.resolve({ done: false, value: item }));
    } else if (this.#waiting.length < capacity) {
      this.#waiting.push(item);
    } else {
      this.#failure = onOverflow();
      this.end();
    }
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onEnd();
    this.#settle(Promise.resolve({ done: true, value: undefined }));
  }

  next(): Promise<IteratorResult<Item>> {
    const item = this.#waiting.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#failure) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#pull = resolve;
    });
  }

  return(): Promise<IteratorResult<Item>> {
    this.#waiting.length = 0;
    this.#failure = undefined;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #settle(result: Promise<IteratorResult<Item>>): void {
    this.#pull?.(result);
    this.#pull = undefined;
  }
}
