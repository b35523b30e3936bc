import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after a time, or at once when the signal aborts. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);
