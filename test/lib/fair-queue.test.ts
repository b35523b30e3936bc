import { expect, test, vi } from 'vitest';
import { FairQueue } from '../../src/lib/fair-queue.js';
import { newGate } from '../support/gate.js';

const makeQueue = (concurrency: number, capacity = { ofKey: 100, inAll: 100 }, maxWaitMs = 60_000) =>
  new FairQueue({ concurrency, capacity, maxWaitMs, onFull: () => new Error('full') });

test('a key that queues a hundred works has another wait for one of them only', async () => {
  const queue = makeQueue(1);
  const order: string[] = [];
  const works = Array.from({ length: 100 }, (_, index) =>
    queue.run('greedy', async () => void order.push(`greedy ${index}`)),
  );
  const other = queue.run('modest', async () => void order.push('modest'));
  await Promise.all([...works, other]);
  expect(order.indexOf('modest')).toBeLessThanOrEqual(2);
  expect(order.filter((name) => name !== 'modest')).toEqual(works.map((_, index) => `greedy ${index}`));
});

test('never do more works run at once than may', async () => {
  const queue = makeQueue(3);
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  await Promise.all(Array.from({ length: 50 }, (_, index) => queue.run(`key ${index % 7}`, work)));
  expect(most).toBe(3);
});

test('a key without room is turned away, and others are not, until all room is taken', async () => {
  const queue = makeQueue(1, { ofKey: 2, inAll: 3 });
  const hold = newGate();
  const first = queue.run('a', () => hold.opened);
  const waiting = [queue.run('a', async () => 1), queue.run('a', async () => 2)];
  await expect(queue.run('a', async () => 3)).rejects.toThrow('full');
  const other = queue.run('b', async () => 4);
  await expect(queue.run('c', async () => 5)).rejects.toThrow('full');
  hold.open();
  await first;
  expect(await Promise.all([...waiting, other])).toEqual([1, 2, 4]);
  expect(await queue.run('c', async () => 6), 'there is room again').toBe(6);
});

test('a work whose turn does not come in time is turned away, and its place goes to the next', async () => {
  vi.useFakeTimers();
  try {
    const queue = makeQueue(1, { ofKey: 10, inAll: 10 }, 1_000);
    const hold = newGate();
    const first = queue.run('a', () => hold.opened);
    const late = expect(queue.run('a', async () => 'late')).rejects.toThrow('full');
    await vi.advanceTimersByTimeAsync(1_001);
    await late;
    const next = queue.run('a', async () => 'next');
    hold.open();
    await first;
    expect(await next).toBe('next');
  } finally {
    vi.useRealTimers();
  }
});

test('a work that fails hands its place on', async () => {
  const queue = makeQueue(1);
  const failing = queue.run('a', async () => Promise.reject(new Error('its own')));
  const next = queue.run('b', async () => 'next');
  await expect(failing).rejects.toThrow('its own');
  expect(await next).toBe('next');
});
