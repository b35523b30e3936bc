import type { ImageDependencies } from '../dependencies.js';
import { DuplicateImageError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { acceptFile, commitBytes } from '../originals/accept-file.js';
import type { ReceivedFile } from '../ports.js';
import { addImage } from './add-image.js';
import { applyChange, editOf } from './change-image.js';
import { putIntoUse } from './disable-image.js';
import type { AccountId, Image } from './image.js';
import { checkMetadata, type MetadataInput, mergeMetadata } from './metadata.js';

export interface UploadImageInput {
  readonly accountId: AccountId;
  readonly file: ReceivedFile;
  readonly metadata?: MetadataInput | null | undefined;
}

export interface UploadedImage {
  readonly image: Image;
  /** Whether the account had the image already, disabled, and it was enabled again. */
  readonly reenabled: boolean;
}

/**
 * Adds an image to an account. If a disabled image has the bytes, that one is enabled again and returned, and only the given metadata
 * changes. When it resolves, the image survives a crash of the process and of the machine.
 * @throws {DuplicateImageError} if an image in use has the bytes.
 */
export const uploadImage =
  (dependencies: ImageDependencies) =>
  async (caller: Caller, { accountId, file, metadata }: UploadImageInput): Promise<UploadedImage> => {
    authorize(caller, 'images.write', accountId);
    checkMetadata(metadata ?? {}, dependencies.limits);
    const accepted = await acceptFile(dependencies, file, caller);
    return commitBytes(dependencies, accepted, async (writer) => {
      try {
        const image = await addImage(dependencies, writer, { accountId, address: null, accepted, metadata });
        return { image, reenabled: false };
      } catch (error) {
        if (!(error instanceof DuplicateImageError) || !error.existing.disabledOn) throw error;
        const edit = editOf(metadata, mergeMetadata);
        const changed = await applyChange(writer, error.existing, { accepted, edit }, dependencies.now());
        return { image: await putIntoUse(writer, changed, dependencies.now()), reenabled: true };
      }
    });
  };
