import type { ImageDependencies } from '../dependencies.js';

const batchSize = 500;

/**
 * Removes changes that are older than the retention from the journal, in small transactions that let other writes pass in between.
 * The newest change always stays: its number is the position of the journal.
 * @param signal Ends the work early.
 */
export const expireChanges =
  ({ state, now, changeRetentionMs }: Pick<ImageDependencies, 'state' | 'now' | 'changeRetentionMs'>) =>
  async (signal?: AbortSignal): Promise<void> => {
    const before = now().getTime() - changeRetentionMs;
    while (!signal?.aborted) {
      const oldest = await state.read.changes.oldest(batchSize + 1);
      const candidates = oldest.slice(0, -1);
      // only from the start: a clock that was set back must not leave a gap in the journal
      const firstKept = candidates.findIndex(({ occurredOn }) => occurredOn.getTime() >= before);
      const expired = firstKept < 0 ? candidates : candidates.slice(0, firstKept);
      const last = expired.at(-1);
      if (!last) return;
      await state.write((writer) => writer.deleteChanges(last.seq));
      if (expired.length < batchSize) return;
    }
  };
