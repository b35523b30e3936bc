import { createHash, randomBytes } from 'node:crypto';
import type * as fs from 'node:fs/promises';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, expect, test, vi } from 'vitest';
import { FolderSpool } from '../../src/blobs/spool.js';
import type { SpooledFile } from '../../src/domain/ports.js';
import { unboundedSpace } from '../support/disk-space.js';
import { useTempFolder } from '../support/temp-folder.js';

/** As the system writes if a signal comes in between, or a disk is nearly full. */
let writesLess = false;

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof fs>();
  const open = async (...given: Parameters<typeof fs.open>): Promise<fs.FileHandle> => {
    const file = await original.open(...given);
    const writev = file.writev.bind(file);
    return Object.assign(file, {
      writev: (chunks: readonly Uint8Array[]) => writev(writesLess ? chunks.slice(0, 1) : chunks),
    });
  };
  return { ...original, open };
});

beforeEach(() => {
  writesLess = false;
});

const openSpool = async () => {
  const folder = join(await useTempFolder(), 'spool');
  return { folder, spool: await FolderSpool.open(folder, unboundedSpace) };
};

const chunked = (bytes: Uint8Array, size: number): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    ),
  );

test.each([0, 1, 4_096, 100_001])('a stream of %i bytes is in the folder, hashed and counted', async (byteSize) => {
  const { folder, spool } = await openSpool();
  const bytes = randomBytes(byteSize);
  const file = (await spool.receive(chunked(bytes, 1_000), 200_000)) as SpooledFile;
  expect(file).toMatchObject({ byteSize, sha256: createHash('sha256').update(bytes).digest('hex') });
  expect(await readFile(file.path)).toEqual(bytes);
  expect(await readdir(folder)).toHaveLength(1);
  expect((await stat(file.path)).mode & 0o777, 'for the server only').toBe(0o600);
  await spool.discard(file);
  await spool.discard(file);
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ['in more chunks than the system writes at once', 600_001, 7, false],
  ['of which the system writes less than it is given', 600_001, 50_000, true],
])('a stream %s is whole', async (_trait, byteSize, chunkBytes, less) => {
  const { spool } = await openSpool();
  const bytes = randomBytes(byteSize);
  writesLess = less;
  const file = (await spool.receive(chunked(bytes, chunkBytes), byteSize)) as SpooledFile;
  expect(file).toMatchObject({ byteSize, sha256: createHash('sha256').update(bytes).digest('hex') });
  expect((await readFile(file.path)).equals(bytes)).toBe(true);
});

test('a file of exactly the limit is kept, one byte more is too large', async () => {
  const { folder, spool } = await openSpool();
  expect(await spool.receive(chunked(randomBytes(1_000), 100), 1_000)).toMatchObject({ byteSize: 1_000 });
  expect(await spool.receive(chunked(randomBytes(1_001), 100), 1_000)).toEqual({ tooLarge: true });
  expect(await readdir(folder)).toHaveLength(1);
});

test('a file over the limit is drained to its end and keeps no space meanwhile', async () => {
  const { folder, spool } = await openSpool();
  let produced = 0;
  const sizes: number[] = [];
  const stream = async function* () {
    for (; produced < 50; produced += 1) {
      if (produced > 12) for (const name of await readdir(folder)) sizes.push((await stat(join(folder, name))).size);
      yield randomBytes(100);
    }
  };
  const received = await spool.receive(stream(), 1_000);
  expect(received).toEqual({ tooLarge: true });
  expect(produced).toBe(50);
  expect(Math.max(0, ...sizes)).toBe(0);
  await spool.discard(received);
  expect(await readdir(folder)).toEqual([]);
});

test('a stream that breaks rejects and leaves no file', async () => {
  const { folder, spool } = await openSpool();
  const broken = async function* () {
    yield randomBytes(100);
    throw new Error('connection lost');
  };
  await expect(spool.receive(broken(), 1_000)).rejects.toThrow('connection lost');
  await expect(spool.receive(broken(), 10)).rejects.toThrow('connection lost');
  expect(await readdir(folder)).toEqual([]);
});

test('a sender is never more than a chunk ahead of the disk', async () => {
  const { spool } = await openSpool();
  let waiting = 0;
  let mostWaiting = 0;
  const stream: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      let left = 100;
      return {
        next: async () => {
          waiting += 1;
          mostWaiting = Math.max(mostWaiting, waiting);
          await new Promise((resolve) => setImmediate(resolve));
          waiting -= 1;
          left -= 1;
          return left < 0 ? { done: true, value: undefined } : { done: false, value: randomBytes(1_000) };
        },
      };
    },
  };
  expect(await spool.receive(stream, 1_000_000)).toMatchObject({ byteSize: 100_000 });
  expect(mostWaiting).toBe(1);
});

test('what a crash left behind is gone after the next start, and other files stay', async () => {
  const { folder, spool } = await openSpool();
  await spool.receive(chunked(randomBytes(10), 10), 100);
  await writeFile(join(folder, 'README'), 'not ours');
  await FolderSpool.open(folder, unboundedSpace);
  expect(await readdir(folder)).toEqual(['README']);
});
