import { expect, test, vi } from 'vitest';
import { atMostEvery } from '../../src/lib/at-most-every.js';

test('of many calls in a while only the first counts, and the next one after it', () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const calls: string[] = [];
  const action = atMostEvery(60_000, (what: string) => calls.push(what));
  for (const [at, what] of [
    [0, 'first'],
    [1, 'dropped'],
    [59_999, 'dropped'],
    [60_000, 'second'],
    [60_001, 'dropped'],
  ] as const) {
    now = at;
    action(what);
  }
  vi.restoreAllMocks();
  expect(calls).toEqual(['first', 'second']);
});
