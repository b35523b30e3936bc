import type { ImportDependencies } from '../dependencies.js';
import { ImageLimitReachedError } from '../errors.js';
import type { AcceptedFile } from '../originals/accept-file.js';
import type { StateWriter } from '../ports.js';
import type { Address } from './address.js';
import { type AccountId, extensionOf, type Image } from './image.js';
import { type CheckedMetadata, mergeTranslations, replaceMetadata } from './metadata.js';

/** What an imported image takes over from its source. */
export type KeptColumns = Partial<Pick<Image, 'id' | 'publicId' | 'createdOn' | 'updatedOn' | 'disabledOn'>>;

export interface NewImage {
  readonly accountId: AccountId;
  readonly address: Address | null;
  readonly accepted: AcceptedFile;
  readonly metadata: CheckedMetadata;
  readonly kept?: KeptColumns | undefined;
}

/**
 * Writes the rows of a new image.
 * @throws {DuplicateImageError} {@link ImageLimitReachedError} where the account has as many as it may have.
 */
export const addImage = async (
  { limits, now, newImageId, newPublicId }: Pick<ImportDependencies, 'limits' | 'now' | 'newImageId' | 'newPublicId'>,
  writer: StateWriter,
  { accountId, address, accepted, metadata, kept }: NewImage,
): Promise<Image> => {
  const { sha256, mimeType, byteSize } = accepted.blob;
  const createdOn = now();
  const image: Image = {
    id: newImageId(),
    publicId: newPublicId(),
    accountId,
    sha256,
    mimeType,
    byteSize,
    fileName: accepted.file.fileName ?? null,
    version: 1,
    metadataRevision: 1,
    createdOn,
    updatedOn: createdOn,
    disabledOn: null,
    ...kept,
  };
  await writer.insertImage(image, {
    ...replaceMetadata(metadata),
    imageId: image.id,
    address,
    ext: extensionOf(mimeType),
    updatedOn: image.updatedOn,
  });
  const translations = mergeTranslations(new Map(), metadata.translations, limits);
  if (translations.size > 0) await writer.changeTranslations(image.id, { removed: [], written: translations });
  await writer.indexImage(image, accepted.blob);
  // after it, so that a duplicate is reported first
  await refuseBeyondLimit(writer, accountId, limits.imagesPerAccount);
  return image;
};

const refuseBeyondLimit = async (writer: StateWriter, accountId: AccountId, limit: number | null): Promise<void> => {
  if (limit !== null && (await writer.countImages(accountId)) > limit) throw new ImageLimitReachedError(limit);
};
