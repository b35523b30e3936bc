import type { ImageFilter, ImageQuery } from '../domain/images/image-query.js';

/** The rows that a page on the event loop's thread may skip: a fraction of a millisecond. */
const maxSkipped = 1_000;

/** Why an index alone does not serve a list, by the names that clients know; empty if it does. */
export const scanReasonsOf = ({ filter, order, skip }: ImageQuery): string[] => [
  ...filtersOf(filter).filter((name) => name !== order.key),
  ...(skip > maxSkipped ? ['skip'] : []),
];

export const filtersOf = (filter: ImageFilter): string[] =>
  Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
