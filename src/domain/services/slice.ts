import { InvalidInputError } from '../errors.js';
import type { Limits } from '../limits.js';

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
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/**
 * Reads one item more than the window shows, which tells whether the list goes on.
 * @throws {InvalidInputError} for a window that is too large, or that has two ends.
 */
export const readSlice = async <Item>(
  window: Window<unknown>,
  limits: Limits,
  read: (take: 'first' | 'last', limit: number) => Promise<readonly Item[]>,
): Promise<Slice<Item>> => {
  const take = window.last === undefined ? 'first' : 'last';
  if (take === 'last' && window.first !== undefined) {
    throw InvalidInputError.at(['last'], 'Cannot stand beside first. Give one of them.');
  }
  const size = checkPageSize(take, window[take], limits);
  const found = await read(take, size + 1);
  const hasMore = found.length > size;
  return take === 'first'
    ? { items: found.slice(0, size), hasPrevious: window.after !== undefined, hasNext: hasMore }
    : { items: hasMore ? found.slice(1) : found, hasPrevious: hasMore, hasNext: window.before !== undefined };
};

/** @throws {InvalidInputError} for a page that is too large. */
export const checkPageSize = (name: string, asked: number | undefined, { pageDefault, pageMax }: Limits): number => {
  const size = asked ?? pageDefault;
  if (size >= 0 && size <= pageMax) return size;
  throw InvalidInputError.at([name], `Takes a number from 0 to ${pageMax}.`);
};
