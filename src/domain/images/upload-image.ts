import type { ImageDependencies } from '../dependencies.js';
import { DuplicateImageError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { acceptFile, commitBytes } from '../originals/accept-file.js';
import type { ReceivedFile } from '../ports.js';
import { addImage } from './add-image.js';
import { adopting, applyChange, merging } from './change-image.js';
import { putIntoUse } from './disable-image.js';
import type { AccountId, Image } from './image.js';
import { adoptedAltText, checkMetadata, type MetadataInput, nothingGiven, withAltText } from './metadata.js';

export interface UploadImageInput {
  readonly accountId: AccountId;
  readonly file: ReceivedFile;
  readonly metadata?: MetadataInput | null | undefined;
  /** Whether an image without an alternative text gets that of its file. */
  readonly adoptEmbeddedAltText?: boolean | null | undefined;
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
  async (caller: Caller, input: UploadImageInput): Promise<UploadedImage> => {
    const { accountId, file, metadata } = input;
    const { limits, now } = dependencies;
    authorize(caller, 'images.write', accountId);
    const given = metadata && checkMetadata(metadata, dependencies);
    const accepted = await acceptFile(dependencies, file, caller);
    const altText = adoptedAltText(input.adoptEmbeddedAltText, accepted.blob.embedded, limits);
    return commitBytes(dependencies, accepted, async (writer) => {
      try {
        const withText = withAltText(given ?? nothingGiven, altText);
        const image = await addImage(dependencies, writer, { accountId, address: null, accepted, metadata: withText });
        return { image, reenabled: false };
      } catch (error) {
        if (!(error instanceof DuplicateImageError) || !error.existing.disabledOn) throw error;
        const change = adopting(merging(given, limits), altText);
        const changed = await applyChange(writer, error.existing, { accepted, ...change }, now());
        return { image: await putIntoUse(writer, changed, now()), reenabled: true };
      }
    });
  };
