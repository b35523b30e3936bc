import type { StagingDependencies } from '../dependencies.js';
import { ImageTooLargeError, InvalidInputError, UploadLimitReachedError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { AccountId } from '../images/image.js';
import type { UploadTarget } from '../ports.js';
import { isExpired, newStagedUpload, type StagedUpload } from './staged-upload.js';

export interface CreateUploadsInput {
  readonly accountId: AccountId;
  readonly byteSizes: readonly number[];
}

export type CreatedUpload = StagedUpload & UploadTarget;

/**
 * Gives out places to send files to, each for one file of exactly so many bytes. They expire by themselves.
 * @throws {UploadLimitReachedError} if the account has too many that are neither used nor expired.
 */
export const createUploads =
  ({ staging, space, limits, now, accountLocks }: StagingDependencies) =>
  async (caller: Caller, { accountId, byteSizes }: CreateUploadsInput): Promise<CreatedUpload[]> => {
    authorize(caller, 'images.write', accountId);
    if (byteSizes.length === 0 || byteSizes.length > limits.stagedUploads) {
      throw InvalidInputError.at(['files'], `Accepts 1 to ${limits.stagedUploads} files.`);
    }
    if (byteSizes.some((byteSize) => byteSize > limits.fileBytes)) throw new ImageTooLargeError(limits.fileBytes);
    await space.require();
    // one after the other, so that what is counted stays true
    return accountLocks.run(accountId, async () => {
      let pending = 0;
      for await (const upload of staging.list(accountId)) if (!isExpired(upload, now())) pending += 1;
      if (pending + byteSizes.length > limits.stagedUploads) {
        throw new UploadLimitReachedError(limits.stagedUploads, limits.stagedUploadSeconds);
      }
      const uploads = byteSizes.map((byteSize) => newStagedUpload(accountId, byteSize, { now: now(), limits }));
      return Promise.all(uploads.map(async (upload) => ({ ...upload, ...(await staging.create(upload)) })));
    });
  };
