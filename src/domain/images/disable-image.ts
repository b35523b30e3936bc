import type { ImageDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { StateWriter } from '../ports.js';
import { findOwnImage, noSuchImage } from './find-own-image.js';
import type { Image, ImageId } from './image.js';

/** Disables an image; its public URL keeps working. An image that is already disabled stays as it is. */
export const disableImage =
  (dependencies: ImageDependencies) =>
  (caller: Caller, id: ImageId): Promise<Image> =>
    setDisabled(dependencies, caller, id, true);

/** Puts a disabled image back into use. */
export const enableImage =
  (dependencies: ImageDependencies) =>
  (caller: Caller, id: ImageId): Promise<Image> =>
    setDisabled(dependencies, caller, id, false);

/** Ends that an image is disabled; one in use stays as it is. */
export const putIntoUse = async (writer: StateWriter, image: Image, now: Date): Promise<Image> =>
  image.disabledOn ? writer.updateImage(image, { disabledOn: null, updatedOn: now }) : image;

const setDisabled = async (
  { state, now }: ImageDependencies,
  caller: Caller,
  id: ImageId,
  disabled: boolean,
): Promise<Image> => {
  authorize(caller, 'images.write');
  await findOwnImage(state.read, caller, id);
  return state.write(async (writer) => {
    const image = await writer.image(id);
    if (!image) throw noSuchImage(id);
    if (!disabled) return putIntoUse(writer, image, now());
    if (image.disabledOn) return image;
    const updatedOn = now();
    return writer.updateImage(image, { disabledOn: updatedOn, updatedOn });
  });
};
