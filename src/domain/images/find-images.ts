import type { ImageDependencies } from '../dependencies.js';
import { checkIdCount } from '../id-count.js';
import { authorize, type Caller, seesAccount } from '../identity/caller.js';
import type { Image, ImageBlob, ImageId, ImageMetadata, PublicId, Sha256 } from './image.js';

/** The images with these ids, in the same order; null for those that do not exist or that the caller may not know of. */
export const findImages =
  ({ state, limits }: ImageDependencies) =>
  async (caller: Caller, ids: readonly ImageId[]): Promise<(Image | null)[]> => {
    authorize(caller, 'images.read');
    checkIdCount(ids, limits);
    const images = await state.read.imagesById(ids);
    const seen = new Map(
      images.filter((image) => seesAccount(caller, image.accountId)).map((image) => [image.id, image]),
    );
    return ids.map((id) => seen.get(id) ?? null);
  };

/** The image with this public id; null also for another account's. */
export const findImageByPublicId =
  ({ state }: ImageDependencies) =>
  async (caller: Caller, publicId: PublicId): Promise<Image | null> => {
    authorize(caller, 'images.read');
    const image = await state.read.imageByPublicId(publicId);
    return image && seesAccount(caller, image.accountId) ? image : null;
  };

/** The metadata of images that the caller was given, in the order of the ids. */
export const findMetadata =
  ({ state }: ImageDependencies) =>
  async (ids: readonly ImageId[]): Promise<(ImageMetadata | undefined)[]> => {
    const found = new Map((await state.read.metadataOf(ids)).map((metadata) => [metadata.imageId, metadata]));
    return ids.map((id) => found.get(id));
  };

/** The facts of bytes whose image the caller was given, in the order of the hashes. */
export const findBlobs =
  ({ state }: ImageDependencies) =>
  async (hashes: readonly Sha256[]): Promise<(ImageBlob | undefined)[]> => {
    const found = new Map((await state.read.blobsOf(hashes)).map((blob) => [blob.sha256, blob]));
    return hashes.map((sha256) => found.get(sha256));
  };
