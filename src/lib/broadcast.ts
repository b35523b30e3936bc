/** How many subscribers get an item before other work has its turn. */
const atOnce = 50;

/** Delivers items to subscribers, each at its own pace; those that fall too far behind are cut off, so that memory stays bounded. */
export class Broadcast<Item> {
  readonly #subscriptions = new Set<Subscription<Item>>();
  /** The items that are being delivered, in their order, with the subscribers that do not have them yet. */
  readonly #deliveries: { readonly item: Item; readonly to: Subscription<Item>[] }[] = [];
  #isDelivering = false;

  /**
   * @param capacity How many items may wait for one subscriber.
   * @param onOverflow Creates the error for a subscriber that fell behind.
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
    this.#deliveries.push({ item, to: [...this.#subscriptions] });
    // no more may wait here than for a subscriber
    while (this.#deliveries.length > this.capacity) this.#deliverSome();
    if (!this.#isDelivering) this.#deliver();
  }

  /** The wanted items of those published from now on. Nothing is left behind when the iteration stops. */
  subscribe(isWanted: (item: Item) => boolean = () => true): AsyncIterableIterator<Item> {
    const subscription = new Subscription<Item>(isWanted, () => this.#subscriptions.delete(subscription));
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Ends all subscriptions after what already waits for them. */
  close(): void {
    while (this.#deliveries.length > 0) this.#deliverSome();
    for (const subscription of this.#subscriptions) subscription.end();
  }

  #deliver(): void {
    this.#deliverSome();
    this.#isDelivering = this.#deliveries.length > 0;
    if (this.#isDelivering) setImmediate(() => this.#deliver());
  }

  #deliverSome(): void {
    const [next] = this.#deliveries;
    if (!next) return;
    for (const subscription of next.to.splice(0, atOnce)) {
      subscription.offer(next.item, this.capacity, this.onOverflow);
    }
    if (next.to.length === 0) this.#deliveries.shift();
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
    if (this.#ended || !this.isWanted(item)) return;
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
