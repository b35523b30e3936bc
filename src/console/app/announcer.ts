import { signal } from '@preact/signals';

/** A screen reader reads the latest only, and is not interrupted by each step of a progress. */
const pauseMs = 1_000;

/** What a polite live region says. */
export const createAnnouncer = () => {
  const text = signal('');
  let next: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const speak = (): void => {
    timer = undefined;
    if (next === undefined) return;
    text.value = next;
    next = undefined;
    timer = setTimeout(speak, pauseMs);
  };
  return {
    text,
    announce(words: string): void {
      next = words;
      if (timer === undefined) timer = setTimeout(speak, 0);
    },
  };
};

export type Announcer = ReturnType<typeof createAnnouncer>;
