import { NotFoundError } from '../errors.js';
import { type Caller, seesAccount } from '../identity/caller.js';
import type { StateReader } from '../ports.js';
import type { Image, ImageId } from './image.js';

export const noSuchImage = (id: ImageId): NotFoundError => new NotFoundError(`No image has the id ${id}.`);

/**
 * The image, if the caller may know of it.
 * @throws {NotFoundError} also for another account's image, so that its existence stays unknown.
 */
export const findOwnImage = async (read: StateReader, caller: Caller, id: ImageId): Promise<Image> => {
  const [image] = await read.imagesById([id]);
  if (!image || !seesAccount(caller, image.accountId)) throw noSuchImage(id);
  return image;
};
