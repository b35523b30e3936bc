import { authorize, type Caller } from '../caller.js';
import { NotFoundError } from '../errors.js';
import type { AccountId, Image, ImageId } from '../image.js';
import type { ByteSource } from '../ports.js';
import type { ImageDependencies } from './dependencies.js';
import { findOwnImage } from './find-own-image.js';

/** The bytes of an image as they were uploaded, with all that is in them. */
export const openOriginal =
  ({ state, blobs }: ImageDependencies) =>
  async (caller: Caller, accountId: AccountId, id: ImageId): Promise<{ image: Image; source: ByteSource }> => {
    authorize(caller, 'images.read', accountId);
    const image = await findOwnImage(state.read, caller, id);
    const source = image.accountId === accountId ? await blobs.locate(image.sha256) : null;
    if (!source) throw new NotFoundError(`The account ${accountId} has no image ${id}.`);
    return { image, source };
  };
