import type { ImageDependencies, MetalDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { AccountId } from '../images/image.js';
import type { Limits } from '../limits.js';
import { checkPageSize, type Slice } from '../slice.js';
import type { ChangeFeed } from './change-feed.js';
import type { Change, ChangeCursor, ImageChange, MetalImageChange } from './changes.js';

export interface ChangeWindow {
  /** How many changes at most. */
  readonly first?: number | undefined;
  /** Absent for the oldest changes that are kept. */
  readonly after?: ChangeCursor | undefined;
}

export interface ChangePage<Item extends Change> extends Slice<Item> {
  /** The position of the newest change of all, as of this page. Once the list has no next page, nothing before it is missing. */
  readonly latest: ChangeCursor;
}

/**
 * The changes of an account's images after a cursor, oldest first.
 * @throws {CursorExpiredError} {@link InvalidInputError} for a page that is too large.
 */
export const listImageChanges =
  ({ state, changes, limits }: ImageDependencies) =>
  async (caller: Caller, accountId: AccountId, window: ChangeWindow): Promise<ChangePage<ImageChange>> => {
    authorize(caller, 'images.read', accountId);
    return readPage(window, { changes, limits }, (after, limit) => state.read.changes.images(accountId, after, limit));
  };

/**
 * The changes of metal images after a cursor, oldest first. Which machines use them is no part of it.
 * @throws {CursorExpiredError} {@link InvalidInputError} for a page that is too large.
 */
export const listMetalImageChanges =
  ({ state, changes, limits }: MetalDependencies) =>
  async (caller: Caller, window: ChangeWindow): Promise<ChangePage<MetalImageChange>> => {
    authorize(caller, 'metal.view');
    return readPage(window, { changes, limits }, (after, limit) => state.read.changes.metalImages(after, limit));
  };

const readPage = async <Item extends Change>(
  { first, after }: ChangeWindow,
  { changes, limits }: { readonly changes: ChangeFeed; readonly limits: Limits },
  read: (after: number, limit: number) => Promise<Item[]>,
): Promise<ChangePage<Item>> => {
  const size = checkPageSize('first', first, limits);
  if (after) await changes.checkCursor(after);
  // before the read, which finds everything up to there
  const { head } = changes;
  const found = await read(after?.seq ?? 0, size + 1);
  if (after) await changes.checkRetained(after.seq);
  const items = found.slice(0, size);
  return {
    items,
    latest: { store: head.store, seq: Math.max(head.seq, items.at(-1)?.seq ?? 0) },
    hasPrevious: async () => {
      const [oldest] = after ? await read(0, 1) : [];
      return oldest !== undefined && after !== undefined && oldest.seq <= after.seq;
    },
    hasNext: async () => found.length > size,
  };
};

/** The changes of an account's images after a cursor, and from then on; without a cursor, from now on. */
export const watchImages =
  ({ changes }: ImageDependencies) =>
  (caller: Caller, accountId: AccountId, after?: ChangeCursor): AsyncIterableIterator<ImageChange> => {
    authorize(caller, 'images.read', accountId);
    return changes.images(accountId, after);
  };

/** The changes of metal images after a cursor, and from then on. Which machines use them is no part of it. */
export const watchMetalImages =
  ({ changes }: MetalDependencies) =>
  (caller: Caller, after?: ChangeCursor): AsyncIterableIterator<MetalImageChange> => {
    authorize(caller, 'metal.view');
    return changes.metalImages(after);
  };
