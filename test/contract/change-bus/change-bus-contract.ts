import { expect, test } from 'vitest';
import type { ChangeBus, Commit } from '../../../src/domain/changes/changes.js';

const commitOf = (seq: number): Commit => ({
  changes: [{ of: 'metalImage', store: 'a', seq, occurredOn: new Date(0), kind: 'CREATED', imageId: 'a', image: null }],
  writtenImages: new Set(),
  isCertain: true,
});

/** What any {@link ChangeBus} must do. */
export const describeChangeBus = (open: (onFailure: (error: unknown) => void) => ChangeBus): void => {
  const openSound = () => open((error) => expect.unreachable(String(error)));

  test('every consumer has a commit when publish returns, in the order of commits', () => {
    const bus = openSound();
    const seen: [string, number | undefined][] = [];
    bus.consume(({ changes }) => seen.push(['a', changes[0]?.seq]));
    bus.consume(({ changes }) => seen.push(['b', changes[0]?.seq]));
    bus.publish(commitOf(1));
    expect(seen).toHaveLength(2);
    bus.publish(commitOf(2));
    expect(seen.filter(([name]) => name === 'b')).toEqual([
      ['b', 1],
      ['b', 2],
    ]);
  });

  test('a consumer gets nothing from before it began', () => {
    const bus = openSound();
    bus.publish(commitOf(1));
    const seen: Commit[] = [];
    bus.consume((commit) => seen.push(commit));
    bus.publish(commitOf(2));
    expect(seen).toEqual([commitOf(2)]);
  });

  test('a consumer that fails keeps neither the other consumers nor the publisher from the commit, and is reported each time', () => {
    const failures: unknown[] = [];
    const bus = open((error) => void failures.push(error));
    const seen: Commit[] = [];
    bus.consume(() => {
      throw new Error('broken');
    });
    bus.consume((commit) => seen.push(commit));
    bus.publish(commitOf(1));
    bus.publish(commitOf(2));
    expect(seen).toEqual([commitOf(1), commitOf(2)]);
    expect(failures).toEqual([new Error('broken'), new Error('broken')]);
  });
};
