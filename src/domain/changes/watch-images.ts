import type { ImageDependencies, MetalDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { AccountId } from '../images/image.js';
import type { ChangeCursor, ImageChange, MetalImageChange } from './changes.js';

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
