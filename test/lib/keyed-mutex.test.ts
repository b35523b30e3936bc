import { expect, test } from 'vitest';
import { KeyedMutex } from '../../src/lib/keyed-mutex.js';

const gate = () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

test('works of one key run one after the other, in the order they came', async () => {
  const mutex = new KeyedMutex();
  const log: string[] = [];
  await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      mutex.run('key', async () => {
        log.push(`begin ${name}`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`end ${name}`);
      }),
    ),
  );
  expect(log).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
});

test('works of different keys run side by side', async () => {
  const mutex = new KeyedMutex();
  const { open, opened } = gate();
  const held = mutex.run('one', () => opened);
  expect(await mutex.run('other', async () => 'done')).toBe('done');
  open();
  await held;
});

test('a work that fails, at once or later, fails alone', async () => {
  const mutex = new KeyedMutex();
  const later = mutex.run('key', () => Promise.reject(new Error('later')));
  const atOnce = mutex.run('key', () => {
    throw new Error('at once');
  });
  const after = mutex.run('key', async () => 'done');
  await expect(later).rejects.toThrow('later');
  await expect(atOnce).rejects.toThrow('at once');
  expect(await after).toBe('done');
});

test('nothing is left of a key that nobody uses any more', async () => {
  const mutex = new KeyedMutex();
  const { open, opened } = gate();
  const works = [mutex.run('key', () => opened), mutex.run('key', async () => undefined)];
  expect(mutex.size).toBe(1);
  open();
  await Promise.all(works);
  await new Promise((resolve) => setImmediate(resolve));
  expect(mutex.size).toBe(0);
});
