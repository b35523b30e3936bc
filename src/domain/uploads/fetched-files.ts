import { Demand } from '../../lib/demand.js';
import { upToLimit } from '../../lib/up-to-limit.js';
import type { FetchDependencies } from '../dependencies.js';
import { ImageTooLargeError, InvalidInputError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { cleanFileName } from '../images/file-name.js';
import type { AccountId } from '../images/image.js';
import type { ReceivedFile } from '../ports.js';

export interface FetchedFileInput {
  readonly accountId: AccountId;
  readonly url: string;
}

/**
 * Runs work on a file that this server fetches. Few are fetched at a time, in turns among clients.
 * @throws {FetchFailedError} {@link ImageTooLargeError} {@link UnavailableError}
 */
export const withFetchedFile =
  ({ remoteFiles, fetches, spool, limits }: FetchDependencies) =>
  async <Result>(
    caller: Caller,
    { accountId, url }: FetchedFileInput,
    work: (file: ReceivedFile) => Promise<Result>,
  ): Promise<Result> => {
    authorize(caller, 'images.write', accountId);
    if (!remoteFiles) {
      throw InvalidInputError.at(['url'], 'This server fetches no files. Send the file, or use createUploads.');
    }
    const receive = async (): Promise<ReceivedFile> => {
      const opened = await remoteFiles.open(url);
      try {
        if ((opened.byteSize ?? 0) > limits.fileBytes) throw new ImageTooLargeError(limits.fileBytes);
        return await spool.receive(upToLimit(opened.stream, limits.fileBytes), limits.fileBytes);
      } finally {
        opened.close();
      }
    };
    const file = await fetches.run(receive, Demand.of(caller.client ?? caller.keyId ?? ''));
    try {
      const fileName = cleanFileName(lastSegmentOf(url), limits.fileNameBytes);
      return await work('path' in file ? { ...file, fileName } : file);
    } finally {
      await spool.discard(file);
    }
  };

const lastSegmentOf = (url: string): string => {
  const segment = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};
