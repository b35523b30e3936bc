import type { StagingDependencies } from '../dependencies.js';
import { ImageTooLargeError, InvalidInputError, UploadLimitReachedError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { cleanFileName } from '../images/file-name.js';
import type { AccountId } from '../images/image.js';
import type { UploadTarget } from '../ports.js';
import { isExpired, newStagedUpload, type StagedUpload, uploadIdOf } from './staged-upload.js';

export interface CreateUploadsInput {
  readonly accountId: AccountId;
  readonly files: readonly {
    readonly byteSize: number;
    /** The client's name of the file. */
    readonly name: string | null;
  }[];
}

export type CreatedUpload = StagedUpload & UploadTarget & { readonly uploadId: string };

/**
 * Gives out places to send files to, each for one file of exactly so many bytes. They expire by themselves.
 * @throws {UploadLimitReachedError} if the account has too many that are neither used nor expired.
 */
export const createUploads =
  ({ staging, space, limits, now, accountLocks }: StagingDependencies) =>
  async (caller: Caller, { accountId, files }: CreateUploadsInput): Promise<CreatedUpload[]> => {
    authorize(caller, 'images.write', accountId);
    if (files.length === 0 || files.length > limits.stagedUploads) {
      throw InvalidInputError.at(['files'], `Accepts 1 to ${limits.stagedUploads} files.`);
    }
    if (files.some(({ byteSize }) => byteSize > limits.fileBytes)) throw new ImageTooLargeError(limits.fileBytes);
    await space.require();
    // one after the other, so that what is counted stays true
    return accountLocks.run(accountId, async () => {
      let pending = 0;
      for await (const upload of staging.list(accountId)) if (!isExpired(upload, now())) pending += 1;
      if (pending + files.length > limits.stagedUploads) {
        throw new UploadLimitReachedError(limits.stagedUploads, limits.stagedUploadSeconds);
      }
      const uploads = files.map(({ byteSize, name }) => {
        const fileName = cleanFileName(name ?? '', limits.fileNameBytes);
        return newStagedUpload(accountId, { byteSize, fileName }, { now: now(), limits });
      });
      return Promise.all(
        uploads.map(async (upload) => ({
          ...upload,
          uploadId: uploadIdOf(upload),
          ...(await staging.create(upload)),
        })),
      );
    });
  };
