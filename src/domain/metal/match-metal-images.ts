import type { MetalDependencies } from '../dependencies.js';
import { InvalidInputError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { Limits } from '../limits.js';
import { textFault } from '../storable.js';
import { acceptedFor, type MetalImage, parseImageName } from './metal-image.js';
import { issueOf } from './metal-image-input.js';
import type { MetalImageMatch } from './metal-ports.js';

/**
 * The newest metal image that an id matches, short (`ubuntu-20.04`) or full; null if there is none. Expired images are
 * passed over unless they are asked for.
 * @throws {InvalidInputError} for an id that says no version.
 */
export const latestMetalImage =
  ({ state, limits, now }: MetalDependencies) =>
  async (caller: Caller, id: string, { includeExpired }: { includeExpired: boolean }): Promise<MetalImage | null> => {
    authorize(caller, 'metal.view');
    const match = matchFor(id, limits);
    return includeExpired ? state.read.metal.latest(match) : state.read.metal.latest(match, now());
  };

/**
 * All metal images that an id matches, expired or not, the highest version first.
 * @throws {InvalidInputError} for an id that says no version.
 */
export const matchingMetalImages =
  ({ state, limits }: MetalDependencies) =>
  async (caller: Caller, id: string): Promise<MetalImage[]> => {
    authorize(caller, 'metal.view');
    return state.read.metal.matching(matchFor(id, limits));
  };

const matchFor = (id: string, limits: Limits): MetalImageMatch => {
  const tooLong = textFault(id, limits.metalIdLength);
  if (tooLong) throw InvalidInputError.at(['id'], tooLong);
  const name = parseImageName(id);
  if ('fault' in name) throw new InvalidInputError([issueOf('id', name.fault)]);
  return { os: name.os, version: acceptedFor(name.version) };
};
