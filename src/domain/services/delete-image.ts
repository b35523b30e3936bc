import { authorize, type Caller } from '../caller.js';
import type { Image, ImageId } from '../image.js';
import { tryToReleaseBytes } from './bytes.js';
import type { ImageDependencies } from './dependencies.js';
import { findOwnImage, noSuchImage } from './find-own-image.js';

/** Removes an image for good and answers what it was. Its bytes go too, unless another image has the same. */
export const deleteImage =
  (dependencies: ImageDependencies) =>
  async (caller: Caller, id: ImageId): Promise<Image> => {
    const { state } = dependencies;
    authorize(caller, 'images.write');
    await findOwnImage(state.read, caller, id);
    const deleted = await state.write(async (writer) => {
      const image = await writer.image(id);
      if (!image) throw noSuchImage(id);
      await writer.deleteImage(id);
      return image;
    });
    await tryToReleaseBytes(dependencies, deleted.sha256);
    return deleted;
  };
