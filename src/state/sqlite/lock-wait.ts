import { setTimeout as sleep } from 'node:timers/promises';
import { UnavailableError } from '../../domain/errors.js';
import { defaultLimits } from '../../domain/limits.js';
import { isBusy } from './errors.js';

const firstPauseMs = 1;
const longestPauseMs = 50;
const { lockSeconds } = defaultLimits;

/** Another process has kept the lock for all the time that a request waits. */
export class DatabaseLockedError extends UnavailableError {
  constructor() {
    super(
      `Another program has kept the database locked for ${lockSeconds} seconds. Try again when it is done.`,
      lockSeconds,
    );
  }
}

/** When a wait that begins now ends. */
export const lockDeadlineMs = (): number => performance.now() + lockSeconds * 1000;

/**
 * Runs work that needs a lock of SQLite. While another process holds the lock, it waits without holding up the event loop, and
 * tries again until the deadline.
 * @throws {DatabaseLockedError} if the lock is not free by then.
 */
export const whenUnlocked = async <Result>(
  work: () => Result | Promise<Result>,
  deadlineMs = lockDeadlineMs(),
): Promise<Result> => {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= deadlineMs) throw new DatabaseLockedError();
    }
    await sleep(pauseMs);
  }
};
