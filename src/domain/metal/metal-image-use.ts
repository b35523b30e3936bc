import type { MetalDependencies } from '../dependencies.js';
import { InvalidInputError, NotFoundError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { textFault } from '../storable.js';
import { findExistingMetalImage } from './find-metal-images.js';
import type { MetalImage, MetalImageUse } from './metal-image.js';

/**
 * Says on which metal image a machine runs, in the place of what was said of it before.
 * @throws {NotFoundError} where no metal image has exactly this id. {@link InvalidInputError} for the machine's id.
 */
export const setMetalImageUse =
  ({ state, limits }: MetalDependencies) =>
  async (caller: Caller, use: MetalImageUse): Promise<MetalImage> => {
    authorize(caller, 'metal.edit');
    const { machineId, imageId } = use;
    const fault = machineId === '' ? 'Must be the id of a machine.' : textFault(machineId, limits.metalIdLength);
    if (fault) throw InvalidInputError.at(['machineId'], fault);
    return state.write(async ({ metal }) => {
      const image = await findExistingMetalImage(metal, imageId);
      await metal.saveUse(use);
      return image;
    }, `machine:${machineId}`);
  };

/**
 * Removes the record of the metal image that a machine runs on, and returns that image.
 * @throws {NotFoundError} where nothing is known of the machine.
 */
export const clearMetalImageUse =
  ({ state }: MetalDependencies) =>
  async (caller: Caller, machineId: string): Promise<MetalImage> => {
    authorize(caller, 'metal.edit');
    return state.write(async ({ metal }) => {
      const imageId = await metal.deleteUse(machineId);
      if (imageId === null) throw new NotFoundError(`No metal image is known for the machine ${machineId}.`);
      return findExistingMetalImage(metal, imageId);
    }, `machine:${machineId}`);
  };
