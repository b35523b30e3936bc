import type { ImageDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import { findOwnImage, noSuchImage } from './find-images.js';
import type { Image, ImageId } from './image.js';

/** Deletes an image for good and resolves with what it was. Bytes that no other image has get a tombstone. */
export const deleteImage =
  ({ state, now }: ImageDependencies) =>
  async (caller: Caller, id: ImageId): Promise<Image> => {
    authorize(caller, 'images.write');
    await findOwnImage(state.read, caller, id);
    return state.write(async (writer) => {
      const found = await writer.imageToDelete(id);
      if (!found) throw noSuchImage(id);
      const { image, removals } = found;
      await writer.deleteImage(image, now());
      await writer.removals.add(removals, now());
      return image;
    }, `image:${id}`);
  };
