import { InvalidInputError } from './errors.js';
import type { Limits } from './limits.js';

/** A window on a list as the Relay cursor connections specification has it. */
export interface Window<Position> {
  readonly first?: number | undefined;
  readonly after?: Position | undefined;
  readonly last?: number | undefined;
  readonly before?: Position | undefined;
}

/** The part of a list that a window shows, in the order of the list. */
export interface Slice<Item> {
  readonly items: readonly Item[];
  /** Whether the list has items before these; at most one statement, and only when it is asked. */
  readonly hasPrevious: () => Promise<boolean>;
  readonly hasNext: () => Promise<boolean>;
}

/** A list that can be read from either end, between two positions. */
export interface SliceSource<Item, Position> {
  read(part: SlicePart<Position>): Promise<readonly Item[]>;
  positionOf(item: Item): Position;
}

interface SlicePart<Position> {
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
  readonly take: 'first' | 'last';
  readonly limit: number;
}

/**
 * Reads one item more than the window shows, which says whether the list goes on. Behind the window's own cursors there may be
 * nothing, as when the filter or a deletion took it away: that is looked up.
 * @throws {InvalidInputError} for a window that is too large, or that has two ends.
 */
export const readSlice = async <Item, Position>(
  window: Window<Position>,
  limits: Limits,
  { read, positionOf }: SliceSource<Item, Position>,
): Promise<Slice<Item>> => {
  const { after, before } = window;
  const take = window.last === undefined ? 'first' : 'last';
  if (take === 'last' && window.first !== undefined) {
    throw InvalidInputError.at(['last'], 'Excludes first. Give one of them.');
  }
  const size = checkPageSize(take, window[take], limits);
  const found = await read({ after, before, take, limit: size + 1 });
  const hasMore = found.length > size;
  const edge = (item: Item | undefined) => (item === undefined ? undefined : positionOf(item));
  const has = async (part: SlicePart<Position>) => (await read(part)).length > 0;
  return {
    items: take === 'first' ? found.slice(0, size) : found.slice(hasMore ? 1 : 0),
    hasPrevious: async () => {
      if (take === 'last' && hasMore) return true;
      return after !== undefined && has({ before: edge(found.at(0)) ?? before, take: 'last', limit: 1 });
    },
    hasNext: async () => {
      if (take === 'first' && hasMore) return true;
      return before !== undefined && has({ after: edge(found.at(-1)) ?? after, take: 'first', limit: 1 });
    },
  };
};

/** @throws {InvalidInputError} for a page that is too large. */
export const checkPageSize = (name: string, asked: number | undefined, { pageDefault, pageMax }: Limits): number => {
  const size = asked ?? pageDefault;
  if (size >= 0 && size <= pageMax) return size;
  throw InvalidInputError.at([name], `Accepts a number from 0 to ${pageMax}.`);
};

/** @throws {InvalidInputError} for more ids at once than a page has items. */
export const checkIdCount = (ids: readonly unknown[], { pageMax }: Limits): void => {
  if (ids.length > pageMax) throw InvalidInputError.at(['ids'], `Accepts at most ${pageMax} ids.`);
};
