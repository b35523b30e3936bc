import type { ImageDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { StateWriter } from '../ports.js';
import { findOwnImage, noSuchImage } from './find-images.js';
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

/** Changes whether an image is disabled. One that already is as wanted stays as it is. */
export const changeDisabled = async (
  writer: StateWriter,
  image: Image,
  disabled: boolean,
  updatedOn: Date,
): Promise<Image> => {
  if ((image.disabledOn !== null) === disabled) return image;
  return writer.updateImage(image, { disabledOn: disabled ? updatedOn : null, updatedOn });
};

/** Enables a disabled image. */
export const putIntoUse = (writer: StateWriter, image: Image, now: Date): Promise<Image> =>
  changeDisabled(writer, image, false, now);

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
    return changeDisabled(writer, image, disabled, now());
  }, `image:${id}`);
};
