import { authorize, type Caller } from '../caller.js';
import type { ImageChange, MetalImageChange } from '../changes.js';
import type { AccountId } from '../image.js';
import type { ImageDependencies, MetalDependencies } from './dependencies.js';

/** What happens to the images of an account from now on. Who falls 100 changes behind is cut off by an UnavailableError. */
export const watchImages =
  ({ changes }: ImageDependencies) =>
  (caller: Caller, accountId: AccountId): AsyncIterableIterator<ImageChange> => {
    authorize(caller, 'images.read', accountId);
    return changes.images.subscribe(({ image }) => image.accountId === accountId);
  };

/** What happens to metal images from now on, their uses aside. Who falls 100 changes behind is cut off. */
export const watchMetalImages =
  ({ changes }: MetalDependencies) =>
  (caller: Caller): AsyncIterableIterator<MetalImageChange> => {
    authorize(caller, 'metal.view');
    return changes.metalImages.subscribe();
  };
