import { GraphQLError } from 'graphql';
import { UnauthenticatedError } from '../../domain/errors.js';
import type { Caller } from '../../domain/identity/caller.js';
import type { Limits } from '../../domain/limits.js';

/** Who subscribes. */
export interface Subscriber {
  /** The key, or the address of a caller without one. */
  readonly client: string;
  readonly authorization: string | undefined;
}

/** The streams that are open: bounded in all and for each client, and ended when the key of their subscriber is revoked. */
export class Streams {
  #open = 0;
  readonly #openOf = new Map<string, number>();

  constructor(
    private readonly limits: Pick<Limits, 'subscriptions' | 'subscriptionsPerClient'>,
    private readonly callers: LiveCallers,
  ) {}

  /**
   * Opens a stream of the items that `start` begins to gather.
   * @throws {GraphQLError} LIMIT_EXCEEDED
   */
  open<Item>(
    { client, authorization }: Subscriber,
    start: () => AsyncIterableIterator<Item>,
  ): AsyncIterableIterator<Item> {
    const openOfClient = this.#openOf.get(client) ?? 0;
    const { subscriptions, subscriptionsPerClient } = this.limits;
    if (openOfClient >= subscriptionsPerClient) {
      throw tooMany(`This key or address has ${openOfClient} subscriptions, the most that one may have.`);
    }
    if (this.#open >= subscriptions)
      throw tooMany(`The server has ${this.#open} subscriptions, the most that it holds.`);
    const items = start();
    this.#open += 1;
    this.#openOf.set(client, openOfClient + 1);
    const stream = new Stream(items, () => {
      unwatch();
      this.#open -= 1;
      const left = (this.#openOf.get(client) ?? 1) - 1;
      if (left === 0) this.#openOf.delete(client);
      else this.#openOf.set(client, left);
    });
    const unwatch = this.callers.watch(authorization, (error) => stream.fail(error));
    return stream;
  }
}

const tooMany = (message: string): GraphQLError =>
  new GraphQLError(`${message} Close one, or watch more by one subscription.`, {
    extensions: { code: 'LIMIT_EXCEEDED', http: { status: 429 } },
  });

/** An iterator by hand, because its end and its failure must not wait for the next item. */
class Stream<Item> implements AsyncIterableIterator<Item> {
  #reject: ((error: Error) => void) | undefined;
  #failure: Error | undefined;
  #hasEnded = false;

  constructor(
    private readonly items: AsyncIterableIterator<Item>,
    private readonly onEnd: () => void,
  ) {}

  async next(): Promise<IteratorResult<Item>> {
    if (this.#failure) {
      const failure = this.#failure;
      this.#failure = undefined;
      throw failure;
    }
    const failed = new Promise<never>((_resolve, reject) => {
      this.#reject = reject;
    });
    try {
      const result = await Promise.race([this.items.next(), failed]);
      if (result.done) this.#end();
      return result;
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      this.#reject = undefined;
    }
  }

  async return(): Promise<IteratorResult<Item>> {
    this.#end();
    return (await this.items.return?.()) ?? { done: true, value: undefined };
  }

  /** Ends the stream with an error: at once if the next item is awaited, else in its place. */
  fail(error: Error): void {
    if (this.#reject) this.#reject(error);
    else this.#failure = error;
    this.#end();
    void this.items.return?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.onEnd();
  }
}

/** How often the keys of open streams are looked at; with the second for which a key that was read is kept, within two seconds. */
const checkMs = 500;

/** Identifies the holder of an Authorization header, and rejects once its key is no longer valid. */
export type ConfirmCaller = (authorization: string | undefined) => Promise<Caller>;

/** Ends streams whose key is revoked, idle ones too. However many streams a key has, it is looked at once. */
export class LiveCallers {
  readonly #endings = new Map<string | undefined, Set<(error: Error) => void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly confirm: ConfirmCaller) {}

  /** Calls `end` when the header is no longer valid, unless the function that is returned is called first. */
  watch(authorization: string | undefined, end: (error: Error) => void): () => void {
    const endings = this.#endings.get(authorization) ?? new Set();
    this.#endings.set(authorization, endings.add(end));
    this.#timer ??= setInterval(() => this.#check(), checkMs).unref();
    return () => {
      endings.delete(end);
      if (endings.size === 0 && this.#endings.get(authorization) === endings) this.#endings.delete(authorization);
      if (this.#endings.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #check(): void {
    for (const [authorization, endings] of this.#endings) {
      this.confirm(authorization).catch((error: unknown) => {
        // a database that is busy says nothing about the key
        if (!(error instanceof UnauthenticatedError)) return;
        for (const end of [...endings]) end(error);
      });
    }
  }
}
