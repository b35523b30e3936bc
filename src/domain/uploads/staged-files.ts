import type { StagingDependencies } from '../dependencies.js';
import { InvalidInputError, NotFoundError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { cleanFileName } from '../images/file-name.js';
import type { AccountId } from '../images/image.js';
import type { ReceivedFile } from '../ports.js';
import { isExpired, noSuchUpload, parseStagedUpload, type StagedUpload } from './staged-upload.js';

export interface StagedFileInput {
  readonly accountId: AccountId;
  readonly uploadId: string;
}

/**
 * Runs work on the file that was sent to a staged upload, which is hashed and counted again. If it succeeds the upload is used and gone;
 * if it fails, for example because the server is busy, the same upload may be used again until it expires.
 */
export const withStagedFile =
  ({ staging, spool, limits, now }: StagingDependencies) =>
  async <Result>(
    caller: Caller,
    { accountId, uploadId }: StagedFileInput,
    work: (file: ReceivedFile) => Promise<Result>,
  ): Promise<Result> => {
    authorize(caller, 'images.write', accountId);
    const upload = parseStagedUpload(accountId, uploadId);
    const opened = upload && !isExpired(upload, now()) ? await staging.open(upload) : null;
    if (!upload || !opened) throw noSuchUpload();
    if (opened.byteSize !== upload.byteSize) {
      opened.stream.destroy();
      throw wrongSize(upload, opened.byteSize);
    }
    const file = await spool.receive(opened.stream, limits.fileBytes);
    try {
      // the name went through the client's hands
      const fileName = cleanFileName(upload.fileName ?? '', limits.fileNameBytes);
      const result = await work('path' in file ? { ...file, fileName } : file);
      // it would expire by itself; the image is stored
      await staging.remove(upload).catch(() => undefined);
      return result;
    } finally {
      await spool.discard(file);
    }
  };

/** A store that compares lengths accepts no other; one that does not keeps what nobody uses. */
const wrongSize = ({ byteSize }: StagedUpload, found: number): InvalidInputError =>
  InvalidInputError.at(
    ['uploadId'],
    found === 0
      ? 'The file of this upload was not sent yet. Send it by PUT to the url first.'
      : `The file that was sent has ${found} bytes instead of ${byteSize}. Send it again by PUT to the url.`,
  );

const noUploadHere = () => new NotFoundError('There is no upload here: it does not exist, has expired, or was used.');

/**
 * The upload that a request may send its file to. Whoever knows the id may.
 * @throws {NotFoundError}
 */
export const findStagedUpload =
  ({ staging, now }: StagingDependencies) =>
  async (accountId: AccountId, id: string): Promise<StagedUpload> => {
    const upload = parseStagedUpload(accountId, id);
    if (!upload || isExpired(upload, now()) || !(await staging.has(upload))) throw noUploadHere();
    return upload;
  };

/** Keeps the file of an upload, in the place of one that was sent before. It survives a crash as soon as this resolves. */
export const keepStagedFile =
  ({ staging }: StagingDependencies) =>
  async (upload: StagedUpload, file: ReceivedFile): Promise<void> => {
    if ('refusal' in file) throw file.refusal;
    if ('tooLarge' in file || file.byteSize !== upload.byteSize) {
      throw InvalidInputError.at(
        [],
        `The body must have exactly ${upload.byteSize} bytes, as the upload was created for.`,
      );
    }
    if (!(await staging.put(upload, file))) throw noUploadHere();
  };

/** Removes what has expired. @param signal Ends the work early. */
export const expireUploads =
  ({ staging, now }: StagingDependencies) =>
  async (signal?: AbortSignal): Promise<void> => {
    for await (const upload of staging.list()) {
      if (signal?.aborted) return;
      if (isExpired(upload, now())) await staging.remove(upload);
    }
  };
