import type { GraphqlContext } from './context.js';

/** Asks with each item whether the caller's key still counts: it may be revoked while a stream is open. */
export const whileAllowed = <Item>(
  { confirmCaller }: GraphqlContext,
  items: AsyncIterableIterator<Item>,
): AsyncIterableIterator<Item> => {
  const end = async (): Promise<IteratorResult<Item>> => (await items.return?.()) ?? { done: true, value: undefined };
  return {
    async next() {
      const item = await items.next();
      if (!item.done) await confirmCaller().catch((error: unknown) => end().then(() => Promise.reject(error)));
      return item;
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
};
