import { expect, test } from 'vitest';
import { Lifecycle } from '../../src/app/lifecycle.js';

/** A lifecycle with three parts, and the names of those that were closed, in order. */
const threeParts = (fault?: Error) => {
  const lifecycle = new Lifecycle();
  const closed: string[] = [];
  lifecycle.onClose(() => void closed.push('first'));
  lifecycle.onClose(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    closed.push('second');
    if (fault) throw fault;
  });
  lifecycle.onClose(() => void closed.push('third'));
  return { lifecycle, closed };
};

test('what was opened last is closed first, one after the other', async () => {
  const { lifecycle, closed } = threeParts();
  expect(lifecycle.isClosing).toBe(false);
  const closing = lifecycle.close();
  expect(lifecycle.isClosing).toBe(true);
  await closing;
  expect(closed).toEqual(['third', 'second', 'first']);
});

test('a second close waits for the first and closes nothing twice', async () => {
  const { lifecycle, closed } = threeParts();
  await Promise.all([lifecycle.close(), lifecycle.close()]);
  await lifecycle.close();
  expect(closed).toEqual(['third', 'second', 'first']);
});

test('a part that cannot be closed keeps no other open, and is reported', async () => {
  const { lifecycle, closed } = threeParts(new Error('stuck'));
  await expect(lifecycle.close()).rejects.toThrow('stuck');
  expect(closed).toEqual(['third', 'second', 'first']);
});

test('a step that fails closes everything, and its own error is thrown whatever fails after it', async () => {
  const { lifecycle, closed } = threeParts(new Error('stuck'));
  const step = lifecycle.orClose(() => Promise.reject(new Error('the reason')));
  await expect(step).rejects.toThrow('the reason');
  expect(closed).toEqual(['third', 'second', 'first']);
});
