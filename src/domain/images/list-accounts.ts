import type { ImageDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import { readSlice, type Slice, type Window } from '../slice.js';
import type { AccountId } from './image.js';
import type { AccountQuery, AccountSize } from './image-query.js';

/** The accounts whose images the caller may see: its own, with images or without, or all that have one. */
export const listAccounts =
  ({ state, limits }: ImageDependencies) =>
  async (caller: Caller, window: Window<AccountId>): Promise<Slice<AccountId>> => {
    authorize(caller, 'images.read');
    const own = caller.accountId;
    return readSlice(window, limits, {
      read: async (part) => (own === null ? state.read.accounts(part) : isBetween(own, part) ? [own] : []),
      positionOf: (accountId) => accountId,
    });
  };

const isBetween = (accountId: AccountId, { after, before }: AccountQuery): boolean =>
  (after === undefined || accountId > after) && (before === undefined || accountId < before);

/** How much each of the listed accounts has, in the order of the ids. */
export const measureAccounts =
  ({ state }: ImageDependencies) =>
  async (accountIds: readonly AccountId[]): Promise<AccountSize[]> => {
    const sizes = await state.read.accountSizes(accountIds);
    return accountIds.map((accountId) => sizes.get(accountId) ?? { imageCount: 0, byteSize: 0 });
  };
