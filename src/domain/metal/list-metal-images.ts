import type { MetalDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import { readSlice, type Slice, type Window } from '../slice.js';
import type { MetalImage } from './metal-image.js';
import type { MetalImageFilter } from './metal-ports.js';

/** Metal images behind or before an id, in the order of their ids. */
export const listMetalImages =
  ({ state, limits, now }: MetalDependencies) =>
  async (caller: Caller, filter: MetalImageFilter, window: Window<string>): Promise<Slice<MetalImage>> => {
    authorize(caller, 'metal.view');
    const asked = { filter, now: now() };
    return readSlice(window, limits, {
      read: (part) => state.read.metal.images({ ...asked, ...part }),
      positionOf: ({ id }) => id,
    });
  };

/** All metal images that meet the filter, in the order of their ids: the vendor's lists have no pages. */
export const listAllMetalImages =
  ({ state, now }: MetalDependencies) =>
  async (caller: Caller, filter: MetalImageFilter): Promise<MetalImage[]> => {
    authorize(caller, 'metal.view');
    return state.read.metal.images({ filter, now: now(), take: 'first' });
  };

/** How many metal images meet the filter. */
export const countMetalImages =
  ({ state, now }: MetalDependencies) =>
  async (caller: Caller, filter: MetalImageFilter): Promise<number> => {
    authorize(caller, 'metal.view');
    return state.read.metal.countImages(filter, now());
  };
