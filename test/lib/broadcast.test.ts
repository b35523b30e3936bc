import { describe, expect, test } from 'vitest';
import { Broadcast } from '../../src/lib/broadcast.js';

const newBroadcast = (capacity = 3) => new Broadcast<number>(capacity, () => new Error('too slow'));

describe('a broadcast', () => {
  test('hands every item to every subscriber who wants it, in order', async () => {
    const broadcast = newBroadcast();
    const all = broadcast.subscribe();
    const even = broadcast.subscribe((item) => item % 2 === 0);
    for (const item of [1, 2]) broadcast.publish(item);
    expect([await all.next(), await all.next()]).toMatchObject([{ value: 1 }, { value: 2 }]);
    expect(await even.next()).toMatchObject({ value: 2 });
    const pending = even.next();
    for (const item of [3, 4]) broadcast.publish(item);
    expect(await pending).toMatchObject({ value: 4 });
  });

  test('forgets a subscriber who leaves, also while it waits', async () => {
    const broadcast = newBroadcast();
    const subscriber = broadcast.subscribe();
    const pending = subscriber.next();
    await subscriber.return?.();
    expect(await pending).toMatchObject({ done: true });
    expect(broadcast.size).toBe(0);
  });

  test('cuts off a subscriber who falls behind, after what waited for it, and no other', async () => {
    const broadcast = newBroadcast(2);
    const slow = broadcast.subscribe();
    const quick = broadcast.subscribe();
    for (const item of [1, 2, 3]) {
      broadcast.publish(item);
      expect(await quick.next()).toMatchObject({ value: item });
    }
    expect(broadcast.size).toBe(1);
    expect([await slow.next(), await slow.next()]).toMatchObject([{ value: 1 }, { value: 2 }]);
    await expect(slow.next()).rejects.toThrow('too slow');
    expect(await slow.next()).toMatchObject({ done: true });
  });

  test('ends for everybody when it is closed', async () => {
    const broadcast = newBroadcast();
    const waiting = broadcast.subscribe();
    const behind = broadcast.subscribe();
    const pending = waiting.next();
    broadcast.publish(1);
    broadcast.close();
    expect(await pending).toMatchObject({ value: 1 });
    expect(await behind.next()).toMatchObject({ value: 1 });
    expect(await behind.next()).toMatchObject({ done: true });
    expect(broadcast.size).toBe(0);
  });
});

describe('with many subscribers', () => {
  const begin = (count: number, capacity = 10) => {
    const broadcast = new Broadcast<number>(capacity, () => new Error('behind'));
    const received = Array.from({ length: count }, (): number[] => []);
    const ended = received.map(async (items) => {
      for await (const item of broadcast.subscribe()) items.push(item);
    });
    return { broadcast, received, ended: Promise.all(ended) };
  };

  test('an item is delivered to some at a time, so that other work has its turn', async () => {
    const { broadcast, received, ended } = begin(200);
    broadcast.publish(1);
    await Promise.resolve();
    const haveIt = () => received.filter((items) => items.length > 0).length;
    const counts = [];
    for (let turn = 0; turn < 6; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      counts.push(haveIt());
    }
    expect(counts[0]).toBeLessThan(200);
    expect(counts.at(-1)).toBe(200);
    broadcast.close();
    await ended;
  });

  test('each gets every item in its order, those that wait when it is closed included', async () => {
    const { broadcast, received, ended } = begin(120);
    for (const item of [1, 2, 3]) broadcast.publish(item);
    broadcast.close();
    await ended;
    expect(received).toEqual(Array(120).fill([1, 2, 3]));
  });

  test('no more items wait than for one of them', async () => {
    const { broadcast, ended } = begin(120, 3);
    const outcome = expect(ended).rejects.toThrow('behind');
    for (let item = 0; item < 20; item += 1) broadcast.publish(item);
    await outcome;
    expect(broadcast.size).toBeLessThan(120);
    broadcast.close();
  });
});
