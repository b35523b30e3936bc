import { DomainError, ImageTooLargeError } from '../errors.js';
import type { ImageBlob, Sha256 } from '../image.js';
import type { Meter, ReceivedFile, SpooledFile, StateWriter } from '../ports.js';
import type { ImageDependencies } from './dependencies.js';

/** A file that was decoded and found good. */
export interface AcceptedFile {
  readonly file: SpooledFile;
  readonly blob: ImageBlob;
}

/**
 * Decodes a file, whole and whoever sends it: known bytes take as long as new ones, so that nobody learns what others store.
 * @throws {ImageTooLargeError} {@link UnsupportedImageError} {@link TooManyPixelsError} {@link CorruptImageError}
 */
export const acceptFile = (
  { inspect, limits, meter }: ImageDependencies,
  received: ReceivedFile,
): Promise<AcceptedFile> =>
  countingRefusals(meter, async () => {
    if ('tooLarge' in received) throw new ImageTooLargeError(limits.fileBytes);
    const facts = await inspect(received);
    return { file: received, blob: { ...facts, sha256: received.sha256, byteSize: received.byteSize } };
  });

/**
 * Makes the bytes durable and then runs the transaction that names them, under the lock of their hash: a sweep or a delete
 * beside it can't take the bytes in between.
 */
export const commitBytes = async <Result>(
  dependencies: ImageDependencies,
  { file, blob }: AcceptedFile,
  work: (state: StateWriter) => Promise<Result>,
): Promise<Result> => {
  const { state, blobs, hashLocks, meter } = dependencies;
  const commit = () =>
    hashLocks.run(blob.sha256, async () => {
      await blobs.put(file);
      return state.write(async (writer) => {
        await writer.saveBlob(blob);
        return work(writer);
      });
    });
  try {
    const result = await countingRefusals(meter, commit);
    meter.uploadAccepted();
    return result;
  } catch (error) {
    await tryToReleaseBytes(dependencies, blob.sha256);
    throw error;
  }
};

/** Removes the bytes if no image names them any more, and tells whether they went. */
export const releaseBytes = ({ state, blobs, hashLocks }: ImageDependencies, sha256: Sha256): Promise<boolean> =>
  hashLocks.run(sha256, async () => {
    const unnamed = await state.write((writer) => writer.releaseBlob(sha256));
    if (unnamed) await blobs.remove(sha256);
    return unnamed;
  });

/** For the end of an operation whose outcome is settled: a fault here changes nothing of it, and the sweep gets what is left. */
export const tryToReleaseBytes = async (dependencies: ImageDependencies, sha256: Sha256): Promise<void> => {
  await releaseBytes(dependencies, sha256).catch(() => undefined);
};

const countingRefusals = async <Result>(meter: Meter, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    meter.uploadRefused(error instanceof DomainError ? error.code : 'INTERNAL');
    throw error;
  }
};
