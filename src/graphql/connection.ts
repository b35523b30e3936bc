import type { Slice } from '../domain/slice.js';

/**
 * A slice as the Relay cursor connections specification has it. Whether the list goes on is looked up when a document selects it;
 * Pothos' types know no promise there.
 */
export const connectionOf = <Item>({ items, hasPrevious, hasNext }: Slice<Item>, cursorOf: (item: Item) => string) => {
  const edges = items.map((node) => ({ node, cursor: cursorOf(node) }));
  return {
    edges,
    pageInfo: {
      get hasPreviousPage() {
        return hasPrevious() as unknown as boolean;
      },
      get hasNextPage() {
        return hasNext() as unknown as boolean;
      },
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
};
