import type { MetalDependencies } from '../dependencies.js';
import { MetalImageInUseError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { findExistingMetalImage } from './find-metal-images.js';
import type { MetalImage } from './metal-image.js';

/**
 * Deletes a metal image and returns what it was.
 * @throws {NotFoundError} {@link MetalImageInUseError} with all machines that use it.
 */
export const deleteMetalImage =
  ({ state }: MetalDependencies) =>
  async (caller: Caller, imageId: string): Promise<MetalImage> => {
    authorize(caller, 'metal.admin');
    return state.write(async ({ metal }) => {
      const image = await findExistingMetalImage(metal, imageId);
      const uses = await metal.usesOf([imageId]);
      if (uses.length > 0) {
        throw new MetalImageInUseError(
          imageId,
          uses.map(({ machineId }) => machineId),
        );
      }
      await metal.deleteImage(image);
      return image;
    });
  };
