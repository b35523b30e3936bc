import { randomBytes } from 'node:crypto';
import { appendFile, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CachedOriginals, type CachedOriginalsOptions } from '../../src/blobs/cached-originals.js';
import { MemoryBlobStore } from '../../src/blobs/memory.js';
import { DamagedOriginalError, StorageFullError, UnavailableError } from '../../src/domain/errors.js';
import type { Sha256 } from '../../src/domain/images/image.js';
import type { LocatedBytes, OpenedBytes } from '../../src/domain/ports.js';
import { BoundedQueue } from '../../src/lib/bounded-queue.js';
import { Demand } from '../../src/lib/demand.js';
import { newGate } from '../support/gate.js';
import { writeSpooledFile } from '../support/spooled-file.js';
import { useTempFolder } from '../support/temp-folder.js';

/** A remote store that counts what is fetched, and can keep it waiting. */
class WatchedStore extends MemoryBlobStore {
  fetched = 0;
  gate: Promise<void> = Promise.resolve();

  override async open(sha256: Sha256): Promise<OpenedBytes | null> {
    this.fetched += 1;
    await this.gate;
    return super.open(sha256);
  }
}

const byteSize = 1_000;

const openCache = async (given: Partial<CachedOriginalsOptions> = {}, store = new WatchedStore()) => {
  const folder = given.folder ?? (await useTempFolder());
  const options: CachedOriginalsOptions = {
    folder,
    budgetBytes: 10 * byteSize,
    maxFileBytes: 10 * byteSize,
    space: { require: async () => undefined },
    fetches: new BoundedQueue({ concurrency: 4 }),
    onFault: () => undefined,
    ...given,
  };
  return { folder, store, originals: await CachedOriginals.open(store, options) };
};

/** Bytes that only the remote store has. */
const storeRemotely = async (store: WatchedStore, count: number): Promise<Sha256[]> => {
  const folder = await useTempFolder();
  const files = await Promise.all(Array.from({ length: count }, () => writeSpooledFile(folder, randomBytes(byteSize))));
  for (const file of files) await store.put(file);
  return files.map(({ sha256 }) => sha256);
};

const first = (hashes: readonly Sha256[]): Sha256 => hashes[0] as Sha256;
const pathOf = (located: LocatedBytes | null): string => (located && 'path' in located ? located.path : '');
const bytesIn = async (folder: string): Promise<number> => {
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
};

test('the files stay within the budget, and the ones used last stay', async () => {
  const { folder, store, originals } = await openCache();
  const hashes = await storeRemotely(store, 30);
  for (const sha256 of hashes) (await originals.locate(sha256))?.release?.();
  await expect.poll(() => bytesIn(folder)).toBe(10 * byteSize);
  store.fetched = 0;
  for (const sha256 of hashes.slice(-10)) (await originals.locate(sha256))?.release?.();
  expect(store.fetched).toBe(0);
});

test.each([0, 10 * byteSize])(
  'with a budget of %i bytes a file stays until its last reader is done',
  async (budgetBytes) => {
    const { folder, store, originals } = await openCache({ budgetBytes });
    const hashes = await storeRemotely(store, 30);
    const [one, other] = await Promise.all([originals.locate(first(hashes)), originals.locate(first(hashes))]);
    expect(pathOf(one)).toBe(pathOf(other));
    for (const sha256 of hashes.slice(1)) (await originals.locate(sha256))?.release?.();
    one?.release?.();
    expect(await readFile(pathOf(other))).toHaveLength(byteSize);
    other?.release?.();
    await expect.poll(() => bytesIn(folder)).toBe(budgetBytes);
  },
);

test('readers of the same bytes share a fetch, and none gets them before they are whole', async () => {
  const { folder, store, originals } = await openCache();
  const hashes = await storeRemotely(store, 1);
  const gate = newGate();
  store.gate = gate.opened;
  const readers = Array.from({ length: 50 }, () => originals.locate(first(hashes)));
  await expect.poll(() => store.fetched).toBe(1);
  expect(await readdir(folder)).toEqual([]);
  gate.open();
  for (const located of await Promise.all(readers)) expect(await readFile(pathOf(located))).toHaveLength(byteSize);
  expect(store.fetched).toBe(1);
});

test('a restart keeps the files, but no one that was cut short, changed or left half written', async () => {
  const { folder, store, originals } = await openCache();
  const hashes = await storeRemotely(store, 4);
  const paths: string[] = [];
  for (const sha256 of hashes) paths.push(pathOf(await originals.locate(sha256)));
  const [, cut = '', grown = '', changed = ''] = paths;
  await truncate(cut, 100);
  await appendFile(grown, 'x');
  await writeFile(changed, randomBytes(byteSize));
  const restarted = await openCache({ folder }, store);
  store.fetched = 0;
  for (const sha256 of hashes) {
    const located = await restarted.originals.locate(sha256);
    expect(await readFile(pathOf(located))).toEqual(Buffer.concat(await streamOf(store, sha256)));
    located?.release?.();
  }
  // three of them, and each again by this test
  expect(store.fetched).toBe(3 + 4);
});

const streamOf = async (store: WatchedStore, sha256: Sha256): Promise<Buffer[]> =>
  (await store.open(sha256))?.stream.toArray() ?? [];

test('a file that somebody deleted is fetched again', async () => {
  const { folder, store, originals } = await openCache();
  const hashes = await storeRemotely(store, 1);
  (await originals.locate(first(hashes)))?.release?.();
  for (const name of await readdir(folder)) await rm(join(folder, name));
  expect(await readFile(pathOf(await originals.locate(first(hashes))))).toHaveLength(byteSize);
});

test('wrong bytes are refused, leave no file, and are not fetched again and again', async () => {
  const { folder, store, originals } = await openCache();
  const file = await writeSpooledFile(await useTempFolder(), randomBytes(byteSize));
  const wrong = await writeSpooledFile(await useTempFolder(), randomBytes(byteSize));
  await store.put({ ...wrong, sha256: file.sha256 });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await expect(originals.locate(file.sha256)).rejects.toThrow(DamagedOriginalError);
  }
  expect(store.fetched).toBe(1);
  expect(await readdir(folder)).toEqual([]);
  await originals.put(file);
  expect(await readFile(pathOf(await originals.locate(file.sha256)))).toHaveLength(byteSize);
});

test('an object larger than any image is not fetched', async () => {
  const { folder, store, originals } = await openCache({ maxFileBytes: byteSize - 1 });
  await expect(originals.locate(first(await storeRemotely(store, 1)))).rejects.toThrow(`has ${byteSize} bytes`);
  expect(await readdir(folder)).toEqual([]);
});

test('on a full disk bytes are used and not kept', async () => {
  const full = async () => {
    throw new StorageFullError(1);
  };
  const { folder, store, originals } = await openCache({ space: { require: full } });
  const located = await originals.locate(first(await storeRemotely(store, 1)));
  expect(await readFile(pathOf(located))).toHaveLength(byteSize);
  located?.release?.();
  await expect.poll(() => readdir(folder)).toEqual([]);
});

test('a flood of one client leaves room for another, and what nobody waits for is not fetched', async () => {
  const onFull = () => new UnavailableError('full', 1);
  const fetches = new BoundedQueue({ concurrency: 2, room: { capacity: 10, onFull } });
  const { store, originals } = await openCache({ fetches });
  const hashes = await storeRemotely(store, 40);
  const gate = newGate();
  store.gate = gate.opened;
  const leaving = new AbortController();
  const flood = hashes.slice(1).map((sha256) => originals.locate(sha256, Demand.of('flood', leaving.signal)));
  const outcomes = Promise.allSettled(flood);
  await expect.poll(() => store.fetched).toBe(2);
  const other = originals.locate(first(hashes), Demand.of('other'));
  await expect.poll(() => store.fetched).toBe(3);
  leaving.abort();
  gate.open();
  expect(await readFile(pathOf(await other))).toHaveLength(byteSize);
  expect((await outcomes).some(({ status }) => status === 'rejected')).toBe(true);
  // those that waited for their turn left the queue with their client
  expect(store.fetched).toBe(3);
});

test('downloads of originals share the places among clients too', async () => {
  const fetches = new BoundedQueue({ concurrency: 1 });
  const { store, originals } = await openCache({ fetches });
  const hashes = await storeRemotely(store, 10);
  const gate = newGate();
  store.gate = gate.opened;
  const order: string[] = [];
  const open = async (sha256: Sha256, client: string): Promise<void> => {
    (await originals.open(sha256, Demand.of(client)))?.stream.destroy();
    order.push(client);
  };
  const flood = hashes.slice(2).map((sha256) => open(sha256, 'flood'));
  await expect.poll(() => fetches.waiting).toBe(flood.length - 1);
  const others = hashes.slice(0, 2).map((sha256) => open(sha256, 'other'));
  gate.open();
  await Promise.all([...flood, ...others]);
  expect(order.lastIndexOf('other')).toBeLessThan(6);
});

test('bytes that were removed while they came in are not there afterwards', async () => {
  const { store, originals } = await openCache();
  const hashes = await storeRemotely(store, 1);
  const gate = newGate();
  store.gate = gate.opened;
  const late = originals.locate(first(hashes));
  await expect.poll(() => store.fetched).toBe(1);
  const removing = originals.remove(first(hashes));
  gate.open();
  await Promise.all([late, removing]);
  (await late)?.release?.();
  expect(await originals.locate(first(hashes))).toBeNull();
});
