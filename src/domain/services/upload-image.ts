import { authorize, type Caller } from '../caller.js';
import type { AccountId, Image } from '../image.js';
import { checkMetadata, type MetadataInput } from '../metadata.js';
import type { ReceivedFile } from '../ports.js';
import { addImage } from './add-image.js';
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
    authorize(caller, 'images.write', accountId);
    checkMetadata(metadata ?? {}, dependencies.limits);
    const accepted = await acceptFile(dependencies, file, caller);
    return commitBytes(dependencies, accepted, (writer) =>
      addImage(dependencies, writer, { accountId, address: null, accepted, metadata }),
    );
  };
