import type { ImageDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import { checkPageSize, readSlice, type Slice, type Window } from '../slice.js';
import type { AccountId, Image } from './image.js';
import { type ImageFilter, type ImageOrder, type ImagePosition, newestFirst } from './image-query.js';
import type { Locale } from './locale.js';

export interface ImageSelection {
  readonly accountId: AccountId;
  readonly filter?: ImageFilter | undefined;
  readonly order?: ImageOrder | undefined;
}

const filterOf = ({ filter = {} }: ImageSelection, defaultLocale: Locale): ImageFilter =>
  filter.altTextMissingIn === defaultLocale ? { ...filter, altTextMissingIn: null } : filter;

/** Images of an account behind or before a position: as fast at the end of a long list as at its start. */
export const listImages =
  ({ state, limits, defaultLocale }: ImageDependencies) =>
  async (caller: Caller, selection: ImageSelection, window: Window<ImagePosition>): Promise<Slice<Image>> => {
    authorize(caller, 'images.read', selection.accountId);
    const { accountId, order = newestFirst } = selection;
    const filter = filterOf(selection, defaultLocale);
    return readSlice(window, limits, {
      read: (part) => state.read.images({ accountId, filter, order, ...part, skip: 0 }),
      positionOf: (image) => ({ value: image[order.key], id: image.id }),
    });
  };

/** Images of an account by number, for clients that page so; a large `skip` is slow. */
export const pageImages =
  ({ state, limits, defaultLocale }: ImageDependencies) =>
  async (
    caller: Caller,
    selection: ImageSelection,
    { skip, count }: { skip?: number | undefined; count?: number | undefined },
  ): Promise<{ items: readonly Image[]; hasMore: boolean }> => {
    authorize(caller, 'images.read', selection.accountId);
    const size = checkPageSize('count', count, limits);
    const found = await state.read.images({
      accountId: selection.accountId,
      filter: filterOf(selection, defaultLocale),
      order: selection.order ?? newestFirst,
      take: 'first',
      skip: skip ?? 0,
      limit: size + 1,
    });
    return { items: found.slice(0, size), hasMore: found.length > size };
  };

/** How many images of the account meet the filter. */
export const countImages =
  ({ state, defaultLocale }: ImageDependencies) =>
  (caller: Caller, selection: ImageSelection): Promise<number> => {
    authorize(caller, 'images.read', selection.accountId);
    return state.read.countImages(selection.accountId, filterOf(selection, defaultLocale));
  };
