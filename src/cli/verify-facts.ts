import type { Config } from '../config.js';
import { factsVersions } from '../domain/images/image.js';
import { refreshFacts } from '../domain/originals/refresh-facts.js';
import { createImageProcessor } from '../pipeline/processor.js';
import { openWorkplace } from './open-workplace.js';
import { Progress } from './progress.js';
import { printError, printLine } from './run-tool.js';

/** Inspects the originals whose facts an earlier version found. Resolves with whether all have the facts of this version now. */
export const verifyFacts = async (config: Config): Promise<boolean> => {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const { state, blobs, spool, close } = await openWorkplace(config, []);
  try {
    const total = await state.read.countBlobsOlderThan(factsVersions);
    const progress = new Progress(total, 'originals', process.stderr);
    const counts = { done: 0, failed: 0 };
    await refreshFacts(
      { state, blobs, spool, processor: createImageProcessor(config.limits) },
      {
        onDone: () => {
          counts.done += 1;
          progress.step();
        },
        onFailed: (sha256, reason) => {
          counts.failed += 1;
          progress.clear();
          printLine(`failed  ${sha256}  ${reason}`);
        },
      },
      stop.signal,
    );
    progress.clear();
    const { done, failed } = counts;
    printLine(`Originals with older facts: ${total}. Inspected again: ${done} (failed ${failed}).`);
    if (stop.signal.aborted) printError('It was interrupted: run it again to go on.');
    return failed === 0 && !stop.signal.aborted;
  } finally {
    await close();
  }
};
