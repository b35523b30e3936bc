import type { ImportDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { ImageId } from '../images/image.js';
import { deleteUnusedMetalImage } from '../metal/delete-metal-image.js';
import type { StateWriter } from '../ports.js';
import type { ImportedId } from './origin.js';

/**
 * Deletes an image or metal image that was imported from a source and that the source has no more. Resolves with whether there was one:
 * what has another origin, or none, stays.
 * @throws {MetalImageInUseError} with all machines that use it.
 */
export const removeImported =
  ({ state, now }: Pick<ImportDependencies, 'state' | 'now'>) =>
  async (caller: Caller, source: string, id: ImportedId): Promise<boolean> => {
    authorize(caller, id.imageId ? 'images.write' : 'metal.admin');
    return state.write(async (writer) => {
      if ((await writer.origins.find(id))?.source !== source) return false;
      await (id.imageId === undefined
        ? removeMetalImage(writer, id.metalImageId)
        : removeImage(writer, id.imageId, now()));
      return true;
    });
  };

const removeImage = async (writer: StateWriter, id: ImageId, deletedOn: Date): Promise<void> => {
  const image = await writer.image(id);
  if (image) await writer.deleteImage(image, deletedOn);
};

const removeMetalImage = async ({ metal }: StateWriter, id: string): Promise<void> => {
  const [image] = await metal.imagesById([id]);
  if (image) await deleteUnusedMetalImage(metal, image);
};
