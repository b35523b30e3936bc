import type { ImageDependencies } from '../dependencies.js';
import type { Sha256 } from '../images/image.js';
import type { UnnamedBlob } from '../ports.js';

const batchSize = 50;
/** A store that fails as often as this is out of order: the rest waits for the next sweep. */
const maxFailures = 20;

/**
 * Removes bytes that have had a tombstone for longer than the grace period, and their rows. Bytes that the database does not know are
 * never touched. Resolves with the number of blobs that were removed.
 * @param signal Ends the sweep early; what is left is removed by the next one.
 * @throws the first failure, once the other blobs are removed.
 */
export const sweepBlobs =
  (dependencies: ImageDependencies) =>
  async (signal?: AbortSignal): Promise<number> => {
    const { state, now, bytesGraceMs } = dependencies;
    const before = new Date(now().getTime() - bytesGraceMs);
    let last: UnnamedBlob | null = null;
    let failures = 0;
    let firstFailure: unknown;
    let removed = 0;
    for (;;) {
      const batch: UnnamedBlob[] = await state.read.unnamedBlobs(before, batchSize, last);
      for (const { sha256 } of batch) {
        if (signal?.aborted) return removed;
        try {
          if (await removeBlob(dependencies, sha256, before)) removed += 1;
        } catch (error) {
          firstFailure ??= error;
          failures += 1;
        }
      }
      last = batch.at(-1) ?? null;
      if (batch.length < batchSize || failures >= maxFailures) break;
    }
    if (firstFailure !== undefined) throw firstFailure;
    return removed;
  };

/** The row is gone only when its bytes are: a crash in between rolls back, and the next sweep finds the tombstone again. */
const removeBlob = ({ state, blobs, hashLocks }: ImageDependencies, sha256: Sha256, before: Date): Promise<boolean> =>
  // an upload of the same bytes waits, finds nothing and stores them again
  hashLocks.run(sha256, () =>
    state.write(async (writer) => {
      if (!(await writer.deleteUnnamedBlob(sha256, before))) return false;
      await blobs.remove(sha256);
      return true;
    }),
  );
