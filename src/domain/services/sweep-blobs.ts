import type { Sha256 } from '../image.js';
import { releaseBytes } from './bytes.js';
import type { ImageDependencies } from './dependencies.js';

/** Bytes younger than this are left alone: the upload that put them may be about to name them. */
const minAgeMs = 60 * 60 * 1000;
const batchSize = 200;

/**
 * Removes bytes that no image names, as a crash between bytes and row leaves them. Resolves with how many went.
 * @param signal Ends the sweep early; what is left goes with the next one.
 */
export const sweepBlobs =
  (dependencies: ImageDependencies) =>
  async (signal?: AbortSignal): Promise<number> => {
    const { state, blobs, now } = dependencies;
    const before = new Date(now().getTime() - minAgeMs);
    let removed = 0;
    let batch: Sha256[] = [];
    const sweepBatch = async (): Promise<void> => {
      const named = await state.read.namedHashes(batch);
      for (const sha256 of batch) {
        if (signal?.aborted) break;
        if (!named.has(sha256) && (await releaseBytes(dependencies, sha256))) removed += 1;
      }
      batch = [];
    };
    for await (const sha256 of blobs.sweepable(before)) {
      if (signal?.aborted) break;
      batch.push(sha256);
      if (batch.length === batchSize) await sweepBatch();
    }
    await sweepBatch();
    return removed;
  };
