import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Writes and waits for a client that reads slowly, so that what comes next waits where it is bounded. */
export const writeSlowly = async (output: Writable, text: string): Promise<void> => {
  if (output.destroyed || output.writableEnded || output.write(text)) return;
  const settled = new AbortController();
  const { signal } = settled;
  await Promise.race([once(output, 'drain', { signal }), once(output, 'close', { signal })]).finally(() =>
    settled.abort(),
  );
};
