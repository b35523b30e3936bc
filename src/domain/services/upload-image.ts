import { authorize, type Caller } from '../caller.js';
import { DuplicateImageError, ImageLimitReachedError } from '../errors.js';
import type { AccountId, Image } from '../image.js';
import { checkMetadata, type MetadataInput, replaceMetadata } from '../metadata.js';
import type { ReceivedFile, StateWriter } from '../ports.js';
import { acceptFile, commitBytes } from './bytes.js';
import type { ImageDependencies } from './dependencies.js';

export interface UploadImageInput {
  readonly accountId: AccountId;
  readonly file: ReceivedFile;
  readonly metadata?: MetadataInput | null | undefined;
}

/** Adds an image to an account. When it resolves, the image survives a crash of the process and of the machine. */
export const uploadImage =
  (dependencies: ImageDependencies) =>
  async (caller: Caller, { accountId, file, metadata }: UploadImageInput): Promise<Image> => {
    const { limits, now, newImageId, newPublicId } = dependencies;
    authorize(caller, 'images.write', accountId);
    checkMetadata(metadata ?? {}, limits);
    const accepted = await acceptFile(dependencies, file);
    return commitBytes(dependencies, accepted, async (writer) => {
      const { sha256, mimeType, byteSize } = accepted.blob;
      const existing = await writer.imageByBytes(accountId, sha256);
      if (existing) throw new DuplicateImageError(existing);
      await refuseBeyondLimit(writer, accountId, limits.imagesPerAccount);
      const createdOn = now();
      const image: Image = {
        id: newImageId(),
        publicId: newPublicId(),
        accountId,
        sha256,
        mimeType,
        byteSize,
        version: 1,
        metadataRevision: 1,
        createdOn,
        updatedOn: createdOn,
        disabledOn: null,
      };
      await writer.insertImage(image, { imageId: image.id, updatedOn: createdOn, ...replaceMetadata(metadata ?? {}) });
      return image;
    });
  };

const refuseBeyondLimit = async (writer: StateWriter, accountId: AccountId, limit: number | null): Promise<void> => {
  if (limit !== null && (await writer.countImages(accountId)) >= limit) throw new ImageLimitReachedError(limit);
};
