import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openVariantCache } from '../../src/variants/variant-cache.js';
import { unboundedSpace } from '../support/disk-space.js';
import { useTempFolder } from '../support/temp-folder.js';

const kilobyte = 1_024;

/** Opens a cache that is closed with the test; faults are gathered. */
const openCache = (folder: string, budgetBytes = 100 * kilobyte) => {
  const faults: unknown[] = [];
  const cache = openVariantCache({
    folder,
    budgetBytes,
    space: unboundedSpace,
    onFault: (error) => faults.push(error),
  });
  onTestFinished(() => cache.close());
  return Object.assign(cache, { faults });
};

/** Far faster than `toEqual` of large buffers. */
const isSame = (one: Uint8Array | null, other: Uint8Array): boolean => one !== null && Buffer.compare(one, other) === 0;

const newKey = (): string => randomBytes(16).toString('base64url');
const pathOf = (folder: string, key: string): string => join(folder, key.slice(0, 1), key);

/** The keys of the files that are there. */
const keysIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
};

const bytesIn = async (folder: string): Promise<number> => {
  const sizes = await Promise.all((await keysIn(folder)).map(async (key) => (await stat(pathOf(folder, key))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
};

test('what was put is there at once, and after a restart', async () => {
  const folder = join(await useTempFolder(), 'variants');
  const [small, large] = [randomBytes(10 * kilobyte), randomBytes(600 * kilobyte)];
  const cache = openCache(folder, 1_000 * kilobyte);
  cache.put('small-key', small);
  cache.put('large-key', large);
  expect(cache.peek('small-key')).toEqual(small);
  expect(cache.peek('large-key')).toBeUndefined();
  expect(isSame(await cache.get('large-key'), large)).toBe(true);
  await cache.close();
  const reopened = openCache(folder, 1_000 * kilobyte);
  expect(reopened.peek('small-key')).toBeUndefined();
  expect(await reopened.get('small-key')).toEqual(small);
  expect(reopened.peek('small-key')).toEqual(small);
  expect(isSame(await reopened.get('large-key'), large)).toBe(true);
  expect(await reopened.get('other-key')).toBeNull();
  expect(reopened.faults).toEqual([]);
});

test('the folder stays within its budget, and the least recently used go first', async () => {
  const folder = await useTempFolder();
  const cache = openCache(folder, 100 * kilobyte);
  const keys = Array.from({ length: 9 }, newKey);
  for (const key of keys) cache.put(key, randomBytes(10 * kilobyte));
  const [oldest = '', second = ''] = keys;
  await expect.poll(() => keysIn(folder)).toHaveLength(keys.length);
  cache.peek(oldest);
  const newest = newKey();
  cache.put(newest, randomBytes(15 * kilobyte));
  await cache.close();
  expect(await bytesIn(folder)).toBeLessThanOrEqual(100 * kilobyte);
  expect(new Set(await keysIn(folder))).toEqual(new Set([...keys.filter((key) => key !== second), newest]));
});

test('the order of use survives a restart, also of what was only served from memory', async () => {
  const folder = await useTempFolder();
  const first = openCache(folder, 50 * kilobyte);
  const keys = ['aa-one', 'bb-two', 'cc-three', 'dd-four'];
  for (const key of keys) first.put(key, randomBytes(10 * kilobyte));
  await expect.poll(async () => (await keysIn(folder)).sort()).toEqual(keys);
  await first.get('aa-one');
  // a later use has a later time
  const now = Date.now();
  await expect.poll(() => Date.now()).toBeGreaterThan(now);
  first.peek('bb-two');
  await first.close();
  const second = openCache(folder, 50 * kilobyte);
  second.put('ee-five', randomBytes(15 * kilobyte));
  second.put('ff-six', randomBytes(15 * kilobyte));
  await second.close();
  expect(new Set(await keysIn(folder))).toEqual(new Set(['bb-two', 'ee-five', 'ff-six']));
});

test('a smaller budget holds for what is there from before', async () => {
  const folder = await useTempFolder();
  const before = openCache(folder, 500 * kilobyte);
  before.put('huge-key', randomBytes(200 * kilobyte));
  for (let count = 0; count < 20; count += 1) before.put(newKey(), randomBytes(10 * kilobyte));
  await before.close();
  const after = openCache(folder, 50 * kilobyte);
  await after.close();
  expect(await bytesIn(folder)).toBeLessThanOrEqual(50 * kilobyte);
  expect(after.usage().disk).toBe(await bytesIn(folder));
});

test('more than the whole budget is not kept', async () => {
  const folder = await useTempFolder();
  const cache = openCache(folder, 10 * kilobyte);
  cache.put('some-key', randomBytes(11 * kilobyte));
  await cache.close();
  expect(await keysIn(folder)).toEqual([]);
});

test.each<[string, (path: string) => Promise<void>]>([
  ['cut', (path) => truncate(path, 5_000)],
  ['cut to the length of its checksum', (path) => truncate(path, 4)],
  ['empty', (path) => truncate(path, 0)],
  ['longer', (path) => writeFile(path, 'more', { flag: 'a' })],
  ['of other bytes', async (path) => writeFile(path, randomBytes((await stat(path)).size))],
  ['of zeros', async (path) => writeFile(path, Buffer.alloc((await stat(path)).size))],
  ['deleted', (path) => rm(path)],
])('a file that is %s is never served, and rendered again', async (_, spoil) => {
  const folder = await useTempFolder();
  const before = openCache(folder);
  before.put('some-key', randomBytes(10 * kilobyte));
  await before.close();
  const after = openCache(folder);
  await after.get('other-key');
  await spoil(pathOf(folder, 'some-key'));
  expect(await after.get('some-key')).toBeNull();
  const again = randomBytes(9 * kilobyte);
  after.put('some-key', again);
  await after.close();
  expect(await openCache(folder).get('some-key')).toEqual(again);
});

test('a file under the name of another one is not served', async () => {
  const folder = await useTempFolder();
  const before = openCache(folder);
  before.put('ab-one', randomBytes(100));
  await before.close();
  await writeFile(pathOf(folder, 'ab-two'), await readFile(pathOf(folder, 'ab-one')));
  expect(await openCache(folder).get('ab-two')).toBeNull();
});

test('what a crash left half written goes, and what is not ours stays', async () => {
  const folder = await useTempFolder();
  await mkdir(join(folder, 's'));
  await writeFile(`${pathOf(folder, 'some-other-key')}.incoming`, 'half');
  await mkdir(join(folder, 'notes'));
  await writeFile(join(folder, 'notes', 'README'), 'not ours');
  const cache = openCache(folder);
  cache.put('some-key', randomBytes(100));
  await cache.close();
  expect(new Set(await keysIn(folder).catch(() => readdir(folder)))).toEqual(new Set(['README', 'some-key']));
});

test('many at once read and write the same and other keys', async () => {
  const folder = await useTempFolder();
  const cache = openCache(folder, 200 * kilobyte);
  const variants = new Map(Array.from({ length: 30 }, () => [newKey(), randomBytes(10 * kilobyte)]));
  const users = Array.from({ length: 20 }, async () => {
    for (const [key, bytes] of variants) {
      const found = await cache.get(key);
      if (found) expect(isSame(found, bytes)).toBe(true);
      else cache.put(key, bytes);
    }
  });
  await Promise.all(users);
  await cache.close();
  expect(await bytesIn(folder)).toBeLessThanOrEqual(200 * kilobyte);
  expect(cache.faults).toEqual([]);
});

test('a folder that cannot be written is reported, and variants are served without it', async () => {
  const folder = join(await useTempFolder(), 'file');
  await writeFile(folder, 'where the folder should be');
  const cache = openCache(folder);
  const bytes = randomBytes(100);
  cache.put('some-key', bytes);
  expect(cache.peek('some-key')).toEqual(bytes);
  expect(await cache.get('other-key')).toBeNull();
  await cache.close();
  expect(cache.faults.length).toBeGreaterThan(0);
  expect(cache.usage().disk).toBe(0);
});

test('a budget of 0 keeps nothing', async () => {
  const folder = await useTempFolder();
  const cache = openCache(folder, 0);
  cache.put('some-key', randomBytes(100));
  expect([cache.peek('some-key'), await cache.get('some-key')]).toEqual([undefined, null]);
  await cache.close();
  expect(await readdir(folder)).toEqual([]);
});

test('what nobody has asked for yet takes no memory, and counts as kept at once and after a restart', async () => {
  const folder = join(await useTempFolder(), 'variants');
  const [asked, ahead] = [randomBytes(kilobyte), randomBytes(kilobyte)];
  const cache = openCache(folder);
  cache.put('asked-key', asked);
  cache.put('ahead-key', ahead, true);
  expect([cache.peek('asked-key'), cache.peek('ahead-key')]).toEqual([asked, undefined]);
  expect([await cache.has('ahead-key'), await cache.has('other-key')]).toEqual([true, false]);
  expect(cache.peek('ahead-key')).toBeUndefined();
  expect(await cache.get('ahead-key')).toEqual(ahead);
  await cache.close();
  const reopened = openCache(folder);
  // before and after the folder is listed
  expect([await reopened.has('ahead-key'), await reopened.has('other-key')]).toEqual([true, false]);
  expect(await reopened.get('ahead-key')).toEqual(ahead);
});

test('the cursor of what is rendered ahead is written after the variants before it, and is no variant', async () => {
  const folder = join(await useTempFolder(), 'variants');
  const cache = openCache(folder);
  expect(await cache.aheadCursor.read()).toBeNull();
  cache.put('ahead-key', randomBytes(kilobyte), true);
  await cache.aheadCursor.write({ store: 'a store', seq: 7 });
  expect((await keysIn(folder)).sort()).toEqual(['ahead-key', 'rendered-ahead']);
  await cache.close();
  const reopened = openCache(folder);
  expect(await reopened.aheadCursor.read()).toEqual({ store: 'a store', seq: 7 });
  expect(await reopened.has('rendered-ahead')).toBe(false);
  for (const damaged of ['', 'x', Buffer.from('["a store",-1]').toString('base64url')]) {
    await writeFile(join(folder, 'rendered-ahead'), damaged);
    expect(await reopened.aheadCursor.read()).toBeNull();
  }
});
