import { expect, test } from 'vitest';
import { BoundedQueue } from '../../src/lib/bounded-queue.js';
import { newGate } from '../support/gate.js';

const newQueue = (concurrency: number, capacity: number) =>
  new BoundedQueue({ concurrency, room: { capacity, onFull: () => new Error('full') } });

test('so many works run at once, and the others in the order they came', async () => {
  const queue = newQueue(2, 10);
  const gate = newGate();
  const began: number[] = [];
  const works = [0, 1, 2, 3, 4].map((index) =>
    queue.run(async () => {
      began.push(index);
      await gate.opened;
      return index;
    }),
  );
  expect([queue.running, queue.waiting]).toEqual([2, 3]);
  expect(began).toEqual([0, 1]);
  gate.open();
  expect(await Promise.all(works)).toEqual([0, 1, 2, 3, 4]);
  expect(began).toEqual([0, 1, 2, 3, 4]);
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

test('who comes when the room is full is turned away at once; without a bound all wait', async () => {
  const gate = newGate();
  const bounded = newQueue(1, 1);
  const held = [bounded.run(() => gate.opened), bounded.run(() => gate.opened)];
  await expect(bounded.run(async () => undefined)).rejects.toThrow('full');
  const unbounded = new BoundedQueue({ concurrency: 1 });
  held.push(...Array.from({ length: 1_000 }, () => unbounded.run(() => gate.opened)));
  expect(unbounded.waiting).toBe(999);
  gate.open();
  await Promise.all(held);
});

test('a work whose signal aborts while it waits never begins and frees its place', async () => {
  const queue = newQueue(1, 1);
  const gate = newGate();
  const held = queue.run(() => gate.opened);
  const leaving = new AbortController();
  let began = false;
  const waiting = queue.run(async () => {
    began = true;
  }, leaving.signal);
  leaving.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  const next = queue.run(async () => 'next');
  gate.open();
  await held;
  expect(await next).toBe('next');
  expect(began).toBe(false);
  await expect(queue.run(async () => undefined, leaving.signal)).rejects.toThrow('left');
});

test('a work that runs is not touched by its signal', async () => {
  const queue = newQueue(1, 0);
  const gate = newGate();
  const leaving = new AbortController();
  const running = queue.run(() => gate.opened.then(() => 'done'), leaving.signal);
  leaving.abort();
  gate.open();
  expect(await running).toBe('done');
});

test('a work that fails hands its place on', async () => {
  const queue = newQueue(1, 1);
  const failing = queue.run(() => Promise.reject(new Error('broken')));
  const next = queue.run(async () => 'next');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('next');
});

test('waits and runs are told of works that began', async () => {
  const times: string[] = [];
  const queue = new BoundedQueue({
    concurrency: 1,
    times: { waited: () => times.push('waited'), ran: () => times.push('ran') },
  });
  const leaving = new AbortController();
  const gate = newGate();
  const held = queue.run(() => gate.opened);
  const left = queue.run(async () => undefined, leaving.signal);
  leaving.abort();
  await expect(left).rejects.toThrow();
  gate.open();
  await held;
  expect(times).toEqual(['waited', 'ran']);
});
