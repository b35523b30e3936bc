import { expect, test } from 'vitest';
import { BoundedQueue } from '../../src/lib/bounded-queue.js';
import { SingleFlight, type Waiter } from '../../src/lib/single-flight.js';
import { newGate } from '../support/gate.js';

const staying = { client: '', signal: new AbortController().signal };

/** A queue that one work holds, and a flight whose work passes through it. */
const queuedFlight = () => {
  const flights = new SingleFlight<string>();
  const queue = new BoundedQueue({ concurrency: 1 });
  const gate = newGate();
  const counts = { begun: 0 };
  const join = (waiter: Waiter) =>
    flights.run(
      'key',
      (demand) =>
        queue.run(async () => {
          counts.begun += 1;
          await gate.opened;
          return 'done';
        }, demand),
      waiter,
    );
  return { queue, gate, counts, join };
};

test('equal works at one time run once, and again afterwards', async () => {
  const { gate, counts, join } = queuedFlight();
  const joined = [join(staying), join(staying), join(staying)];
  gate.open();
  expect(await Promise.all(joined)).toEqual(['done', 'done', 'done']);
  expect(counts.begun).toBe(1);
  await join(staying);
  expect(counts.begun).toBe(2);
});

test('a failure is shared and not kept', async () => {
  const flights = new SingleFlight<string>();
  const fail = () => Promise.reject(new Error('broken'));
  const failing = [flights.run('key', fail, staying), flights.run('key', fail, staying)];
  for (const each of failing) await expect(each).rejects.toThrow('broken');
  expect(await flights.run('key', async () => 'done', staying)).toBe('done');
});

test('who leaves is let go alone; the others get the outcome', async () => {
  const { gate, counts, join } = queuedFlight();
  const leaving = new AbortController();
  const left = join({ client: '', signal: leaving.signal });
  const stays = join(staying);
  leaving.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  gate.open();
  expect(await stays).toBe('done');
  expect(counts.begun).toBe(1);
});

test('a queued work that all have left never begins', async () => {
  const { queue, gate, counts, join } = queuedFlight();
  const held = queue.run(() => gate.opened);
  const leaving = new AbortController();
  const left = [join({ client: '', signal: leaving.signal }), join({ client: 'a', signal: leaving.signal })];
  expect(queue.waiting).toBe(1);
  leaving.abort(new Error('left'));
  for (const each of left) await expect(each).rejects.toThrow('left');
  expect(queue.waiting).toBe(0);
  gate.open();
  await held;
  expect(counts.begun).toBe(0);
});

test('a running work that all have left can be joined again', async () => {
  const { gate, counts, join } = queuedFlight();
  const leaving = new AbortController();
  const left = join({ client: '', signal: leaving.signal });
  leaving.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  const rejoined = join(staying);
  gate.open();
  expect(await rejoined).toBe('done');
  expect(counts.begun).toBe(1);
});

test('a caller that joins a work just as it gives up gets one of its own', async () => {
  const { queue, gate, join } = queuedFlight();
  const held = queue.run(() => gate.opened);
  const leaving = new AbortController();
  const left = join({ client: '', signal: leaving.signal });
  const outcome = left.catch(() => join(staying));
  leaving.abort();
  const joined = join(staying);
  gate.open();
  await held;
  expect(await Promise.all([outcome, joined])).toEqual(['done', 'done']);
});
