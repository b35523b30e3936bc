import type { MetalDependencies } from '../dependencies.js';
import { MetalImageInUseError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { findExistingMetalImage } from './find-metal-images.js';
import type { MetalImage } from './metal-image.js';
import type { MetalWriter } from './metal-ports.js';

/**
 * Deletes a metal image and returns what it was.
 * @throws {NotFoundError} {@link MetalImageInUseError} with all machines that use it.
 */
export const deleteMetalImage =
  ({ state, now }: MetalDependencies) =>
  async (caller: Caller, imageId: string): Promise<MetalImage> => {
    authorize(caller, 'metal.admin');
    return state.write(async ({ metal, removals }) => {
      const image = await findExistingMetalImage(metal, imageId);
      await deleteUnusedMetalImage(metal, image);
      await removals.add([{ metalImageId: image.id }], now());
      return image;
    }, `metalImage:${imageId}`);
  };

/** @throws {MetalImageInUseError} with all machines that use it. */
export const deleteUnusedMetalImage = async (metal: MetalWriter, image: MetalImage): Promise<void> => {
  const uses = await metal.usesOf([image.id]);
  if (uses.length > 0) {
    throw new MetalImageInUseError(
      image.id,
      uses.map(({ machineId }) => machineId),
    );
  }
  await metal.deleteImage(image);
};

/**
 * Deletes the metal images that are expired and that no machine uses. The newest image of each operating system stays in any case.
 * Returns what they were, by operating system and the newest first; a dry run returns the same and deletes nothing.
 */
export const deleteOrphanMetalImages =
  ({ state, now }: MetalDependencies) =>
  async (caller: Caller, { dryRun }: { dryRun: boolean }): Promise<MetalImage[]> => {
    authorize(caller, 'metal.admin');
    const deletedOn = now();
    if (dryRun) return state.read.metal.orphans(deletedOn);
    return state.write(async ({ metal, removals }) => {
      const images = await metal.deleteOrphans(deletedOn);
      await removals.add(
        images.map(({ id }) => ({ metalImageId: id })),
        deletedOn,
      );
      return images;
    });
  };
