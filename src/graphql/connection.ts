import type { Slice } from '../domain/services/slice.js';
import type { GraphqlContext } from './context.js';

/** A slice as the Relay cursor connections specification has it. */
export const connectionOf = <Item>({ items, hasPrevious, hasNext }: Slice<Item>, cursorOf: (item: Item) => string) => {
  const edges = items.map((node) => ({ node, cursor: cursorOf(node) }));
  return {
    edges,
    pageInfo: {
      hasPreviousPage: hasPrevious,
      hasNextPage: hasNext,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
};

/** What a page costs; a length beyond the limit is refused by a better error than that of its cost. */
export const costOfPage = (length: number | null | undefined, { limits }: GraphqlContext) => ({
  field: 1,
  multiplier: Math.min(length ?? limits.pageDefault, limits.pageMax),
});
