import type { ImportDependencies } from '../dependencies.js';
import { DomainError, ImageTooLargeError } from '../errors.js';
import type { Caller } from '../identity/caller.js';
import type { InspectedBlob } from '../images/image.js';
import type { Meter, ReceivedFile, SpooledFile, State, StateWriter } from '../ports.js';

/** A file that was decoded and found good. */
export interface AcceptedFile {
  readonly file: SpooledFile;
  readonly blob: InspectedBlob;
}

/**
 * Decodes a file, whole and for every caller: known bytes take as long as new ones, so that nobody learns what others store.
 * @throws {ImageTooLargeError} {@link UnsupportedImageError} {@link TooManyPixelsError} {@link CorruptImageError} {@link StorageFullError}
 */
export const acceptFile = (
  { inspect, limits, meter }: ImportDependencies,
  received: ReceivedFile,
  { client, keyId }: Pick<Caller, 'client' | 'keyId'>,
): Promise<AcceptedFile> =>
  countingRefusals(meter, async () => {
    if ('refusal' in received) throw received.refusal;
    if ('tooLarge' in received) throw new ImageTooLargeError(limits.fileBytes);
    const facts = await inspect(received, client ?? keyId ?? '');
    return { file: received, blob: { ...facts, sha256: received.sha256, byteSize: received.byteSize } };
  });

/**
 * Makes the bytes durable and then runs the transaction that names them, under the lock of their hash and with a new grace period, so
 * that no sweep removes the bytes in between, here or on another server. Bytes that end up without a name get a tombstone.
 * @param row As of {@link State.write}.
 */
export const commitBytes = async <Result>(
  dependencies: ImportDependencies,
  { file, blob }: AcceptedFile,
  work: (state: StateWriter) => Promise<Result>,
  row?: string,
): Promise<Result> => {
  const { state, blobs, space, failedRenders, hashLocks, meter, now } = dependencies;
  const commit = () =>
    hashLocks.run(blob.sha256, async () => {
      await space.require();
      try {
        await state.keepBytes(blob.sha256, now());
        await blobs.put(file);
        failedRenders.clear(blob.sha256);
        return await state.write(async (writer) => {
          await writer.saveBlob(blob);
          return work(writer);
        }, row);
      } catch (error) {
        // the outcome is settled; bytes without even a tombstone are harmless, and `npm run verify` reports them
        await state.write((writer) => writer.saveUnnamedBlob(blob, now())).catch(() => undefined);
        throw error;
      }
    });
  const result = await countingRefusals(meter, commit);
  meter.uploadAccepted();
  return result;
};

const countingRefusals = async <Result>(meter: Meter, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    meter.uploadRefused(error instanceof DomainError ? error.code : 'INTERNAL');
    throw error;
  }
};
