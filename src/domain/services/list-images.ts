import { authorize, type Caller } from '../caller.js';
import { InvalidInputError } from '../errors.js';
import type { AccountId, Image } from '../image.js';
import { type ImageFilter, type ImageOrder, type ImagePosition, newestFirst } from '../image-query.js';
import type { Limits } from '../limits.js';
import type { ImageDependencies } from './dependencies.js';

export interface ImageSelection {
  readonly accountId: AccountId;
  readonly filter?: ImageFilter | undefined;
  readonly order?: ImageOrder | undefined;
}

/** A window on a list as the Relay cursor connections specification has it. */
export interface Window {
  readonly first?: number | undefined;
  readonly after?: ImagePosition | undefined;
  readonly last?: number | undefined;
  readonly before?: ImagePosition | undefined;
}

export interface ImageSlice {
  readonly items: readonly Image[];
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/** Images of an account behind or before a position: as fast at the end of a long list as at its start. */
export const listImages =
  ({ state, limits }: ImageDependencies) =>
  async (caller: Caller, selection: ImageSelection, window: Window): Promise<ImageSlice> => {
    authorize(caller, 'images.read', selection.accountId);
    const take = window.last === undefined ? 'first' : 'last';
    if (take === 'last' && window.first !== undefined) {
      throw InvalidInputError.at(['last'], 'Cannot stand beside first. Give one of them.');
    }
    const size = checkPageSize(take, window[take], limits);
    const found = await state.read.images({
      accountId: selection.accountId,
      filter: selection.filter ?? {},
      order: selection.order ?? newestFirst,
      after: window.after,
      before: window.before,
      take,
      skip: 0,
      limit: size + 1,
    });
    const hasMore = found.length > size;
    return take === 'first'
      ? { items: found.slice(0, size), hasPrevious: window.after !== undefined, hasNext: hasMore }
      : { items: hasMore ? found.slice(1) : found, hasPrevious: hasMore, hasNext: window.before !== undefined };
  };

/** Images of an account by number, for clients that page so; a large `skip` is slow. */
export const pageImages =
  ({ state, limits }: ImageDependencies) =>
  async (
    caller: Caller,
    selection: ImageSelection,
    { skip, count }: { skip?: number | undefined; count?: number | undefined },
  ): Promise<{ items: readonly Image[]; hasMore: boolean }> => {
    authorize(caller, 'images.read', selection.accountId);
    const size = checkPageSize('count', count, limits);
    const found = await state.read.images({
      accountId: selection.accountId,
      filter: selection.filter ?? {},
      order: selection.order ?? newestFirst,
      take: 'first',
      skip: skip ?? 0,
      limit: size + 1,
    });
    return { items: found.slice(0, size), hasMore: found.length > size };
  };

/** How many images of the account meet the filter. */
export const countImages =
  ({ state }: ImageDependencies) =>
  (caller: Caller, { accountId, filter }: ImageSelection): Promise<number> => {
    authorize(caller, 'images.read', accountId);
    return state.read.countImages(accountId, filter ?? {});
  };

const checkPageSize = (name: string, asked: number | undefined, { pageDefault, pageMax }: Limits): number => {
  const size = asked ?? pageDefault;
  if (size >= 0 && size <= pageMax) return size;
  throw InvalidInputError.at([name], `Takes a number from 0 to ${pageMax}.`);
};
