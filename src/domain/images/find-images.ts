import type { ImageDependencies } from '../dependencies.js';
import { InvalidInputError, NotFoundError } from '../errors.js';
import { authorize, type Caller, seesAccount } from '../identity/caller.js';
import { foundOrBrought } from '../imports/read-through.js';
import type { StateReader } from '../ports.js';
import { checkIdCount } from '../slice.js';
import type { Address } from './address.js';
import { decodeAddressKey } from './address-key.js';
import type { Translations } from './alt-texts.js';
import { type AddressInput, createAddress } from './create-address.js';
import {
  type AccountId,
  type EmbeddedTexts,
  type Image,
  type ImageBlob,
  type ImageId,
  type ImageMetadata,
  noEmbeddedTexts,
  type PublicId,
  type Sha256,
} from './image.js';

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

/** The image with this id, imported if it is missing; null also for another account's. */
export const findImage = (dependencies: ImageDependencies) => {
  const { readThrough } = dependencies;
  const find = findImages(dependencies);
  return (caller: Caller, id: ImageId): Promise<Image | null> =>
    foundOrBrought(
      async () => (await find(caller, [id]))[0] ?? null,
      readThrough && (() => readThrough.image({ id, accountId: caller.accountId }, caller)),
    );
};

/** The image with this public id, imported if it is missing; null also for another account's. */
export const findImageByPublicId =
  ({ state, readThrough }: ImageDependencies) =>
  async (caller: Caller, publicId: PublicId): Promise<Image | null> => {
    authorize(caller, 'images.read');
    const image = await foundOrBrought(
      () => state.read.imageByPublicId(publicId),
      readThrough && (() => readThrough.publicImage({ publicId, accountId: caller.accountId }, caller)),
    );
    return image && seesAccount(caller, image.accountId) ? image : null;
  };

/** The metadata of images that the caller was given, in the order of the ids. */
export const findMetadata =
  ({ state }: ImageDependencies) =>
  async (ids: readonly ImageId[]): Promise<(ImageMetadata | undefined)[]> => {
    const found = new Map((await state.read.metadataOf(ids)).map((metadata) => [metadata.imageId, metadata]));
    return ids.map((id) => found.get(id));
  };

/** The alternative texts, in other languages than the default one, of images that the caller was given, in the order of the ids. */
export const findTranslations =
  ({ state }: ImageDependencies) =>
  async (ids: readonly ImageId[]): Promise<Translations[]> => {
    const found = await state.read.translationsOf(ids);
    return ids.map((id) => found.get(id) ?? new Map());
  };

/** The facts of bytes whose image the caller was given, in the order of the hashes. */
export const findBlobs =
  ({ state }: ImageDependencies) =>
  async (hashes: readonly Sha256[]): Promise<(ImageBlob | undefined)[]> => {
    const found = new Map((await state.read.blobsOf(hashes)).map((blob) => [blob.sha256, blob]));
    return hashes.map((sha256) => found.get(sha256));
  };

/**
 * What the files of images say about themselves, in the order of the images. It is not public.
 * @throws {ForbiddenError} unless the caller may read the images.
 */
export const findEmbedded =
  ({ state }: ImageDependencies) =>
  async (caller: Caller, images: readonly Image[]): Promise<EmbeddedTexts[]> => {
    for (const { accountId } of images) authorize(caller, 'images.read', accountId);
    const found = await state.read.embeddedOf([...new Set(images.map(({ sha256 }) => sha256))]);
    return images.map(({ sha256 }) => found.get(sha256) ?? noEmbeddedTexts);
  };

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

/** Whose image is meant; absent, it is the caller's own account. */
interface OfAccount {
  readonly accountId?: AccountId | null | undefined;
}

/** The image at an address of an account, imported if it is missing, or null. */
export const findImageByAddress =
  (dependencies: ImageDependencies) =>
  (
    caller: Caller,
    { accountId, address, key }: OfAccount & { address: AddressInput; key?: string | undefined },
  ): Promise<Image | null> =>
    findAt(dependencies, caller, { accountId, key }, () => createAddress(address, dependencies.limits));

/** The image that a key names, imported if it is missing, or null. A key goes on naming its image when `docid` and the bytes change. */
export const findImageByKey =
  (dependencies: ImageDependencies) =>
  (caller: Caller, { accountId, key }: OfAccount & { key: string }): Promise<Image | null> =>
    findAt(dependencies, caller, { accountId, key }, () => decodeAddressKey(key, dependencies.limits));

const findAt = async (
  { state, readThrough }: ImageDependencies,
  caller: Caller,
  { accountId: named, key }: OfAccount & { readonly key: string | undefined },
  parse: () => Address,
): Promise<Image | null> => {
  const accountId = named ?? caller.accountId;
  authorize(caller, 'images.read', accountId ?? undefined);
  if (!accountId) {
    throw InvalidInputError.at(['accountId'], 'Is needed here: the caller is not confined to one account.');
  }
  const address = parse();
  return foundOrBrought(
    () => state.read.imageByAddress(accountId, address),
    readThrough && (() => readThrough.addressedImage({ accountId, address, key }, caller)),
  );
};
