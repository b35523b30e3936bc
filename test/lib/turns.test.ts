import { expect, test } from 'vitest';
import { Turns } from '../../src/lib/turns.js';

test('work takes turns, one in each round of the event loop, and nobody waits who is alone', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const done = ['a', 'b', 'c'].map((name) => turns.take().then(() => order.push(name)));
  await Promise.resolve();
  expect(order).toEqual(['a']);
  const round = () => new Promise((resolve) => setImmediate(resolve));
  await round();
  expect(order).toEqual(['a', 'b']);
  await Promise.all(done);
  expect(order).toEqual(['a', 'b', 'c']);
  await round();
  let isAlone = false;
  void turns.take().then(() => {
    isAlone = true;
  });
  await Promise.resolve();
  expect(isAlone).toBe(true);
});
