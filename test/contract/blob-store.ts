import { randomBytes } from 'node:crypto';
import { access, readFile, rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Sha256 } from '../../src/domain/image.js';
import type { BlobStore, StoredBlob } from '../../src/domain/ports.js';
import { sampleSha256 } from '../support/samples.js';
import { writeSpooledFile } from '../support/spooled-file.js';
import { useTempFolder } from '../support/temp-folder.js';

/** More than the coarsest clock of a file system in use steps by. */
const clockStepMs = 20;

const bytesOf = async (store: BlobStore, sha256: Sha256): Promise<Uint8Array | null> => {
  const source = await store.locate(sha256);
  if (!source) return null;
  return 'path' in source ? readFile(source.path) : source.bytes;
};

const listOf = async (store: BlobStore): Promise<StoredBlob[]> => {
  const listed: StoredBlob[] = [];
  for await (const blob of store.list()) listed.push(blob);
  return listed;
};

/** Has the store keep other bytes under the hash, as a failing disk does: a spool that lies about a file. */
const damage = async (store: BlobStore, sha256: Sha256, bytes: Uint8Array): Promise<void> => {
  await store.remove(sha256);
  await store.put({ ...(await writeSpooledFile(await useTempFolder(), bytes)), sha256 });
};

/** What every BlobStore guarantees; each test gets a new, empty one. */
export const testBlobStoreContract = (name: string, makeStore: () => Promise<BlobStore>): void => {
  describe(`${name} keeps the contract of a blob store`, () => {
    test('bytes that were put are there, whole', async () => {
      const store = await makeStore();
      const bytes = randomBytes(300_000);
      const file = await writeSpooledFile(await useTempFolder(), bytes);
      await store.put(file);
      expect(Buffer.compare((await bytesOf(store, file.sha256)) ?? new Uint8Array(), bytes)).toBe(0);
    });

    test('bytes outlive the file that they came in', async () => {
      const store = await makeStore();
      const file = await writeSpooledFile(await useTempFolder(), Buffer.from('bytes'));
      await store.put(file);
      await rm(file.path);
      expect(String(await bytesOf(store, file.sha256))).toBe(String(Buffer.from('bytes')));
    });

    test('the file stays, and may be put again', async () => {
      const store = await makeStore();
      const file = await writeSpooledFile(await useTempFolder());
      await store.put(file);
      await access(file.path);
      await store.put(file);
      await store.put(await writeSpooledFile(await useTempFolder(), await readFile(file.path)));
      expect(await bytesOf(store, file.sha256)).toEqual(await readFile(file.path));
    });

    test('the same bytes may be put many times at once', async () => {
      const store = await makeStore();
      const folder = await useTempFolder();
      const bytes = randomBytes(1_000);
      const files = await Promise.all(Array.from({ length: 20 }, () => writeSpooledFile(folder, bytes)));
      await Promise.all(files.map((file) => store.put(file)));
      for (const { sha256 } of files) expect(await bytesOf(store, sha256)).toEqual(bytes);
    });

    test('a file that is gone is a failure and leaves nothing', async () => {
      const store = await makeStore();
      const file = await writeSpooledFile(await useTempFolder());
      await rm(file.path);
      await expect(store.put(file)).rejects.toThrow('ENOENT');
      expect(await store.locate(file.sha256)).toBeNull();
    });

    test('unknown bytes are nowhere, and removing them is no fault', async () => {
      const store = await makeStore();
      const sha256 = sampleSha256();
      expect(await store.locate(sha256)).toBeNull();
      await store.remove(sha256);
    });

    test('bytes that were removed are gone, and may be put again', async () => {
      const store = await makeStore();
      const file = await writeSpooledFile(await useTempFolder());
      await store.put(file);
      expect(await store.locate(file.sha256)).not.toBeNull();
      await store.remove(file.sha256);
      expect(await store.locate(file.sha256)).toBeNull();
      await store.put(file);
      expect(await bytesOf(store, file.sha256)).toEqual(await readFile(file.path));
    });

    test('bytes that are removed while they are looked for are not taken for there afterwards', async () => {
      const store = await makeStore();
      const file = await writeSpooledFile(await useTempFolder());
      for (let attempt = 0; attempt < 20; attempt += 1) {
        await store.put(file);
        await Promise.all([store.locate(file.sha256), store.remove(file.sha256)]);
        expect(await store.locate(file.sha256)).toBeNull();
      }
    });

    test('bytes that rotted and kept their number are not taken for right: the next put replaces them', async () => {
      const store = await makeStore();
      const file = await writeSpooledFile(await useTempFolder());
      await store.put(file);
      for (const byteSize of [1_000, 10, 0, 2_000]) {
        await damage(store, file.sha256, randomBytes(byteSize));
        await store.put(file);
        expect(await bytesOf(store, file.sha256)).toEqual(await readFile(file.path));
      }
    });

    test('opened are the bytes as they are, with their number, and nothing where there are none', async () => {
      const store = await makeStore();
      const bytes = randomBytes(600_000);
      const file = await writeSpooledFile(await useTempFolder(), bytes);
      expect(await store.open(file.sha256)).toBeNull();
      await store.put(file);
      const opened = await store.open(file.sha256);
      expect(opened?.byteSize).toBe(bytes.byteLength);
      expect(Buffer.concat((await opened?.stream.toArray()) ?? []).equals(bytes)).toBe(true);
      await damage(store, file.sha256, Buffer.from('rot'));
      const rotten = await store.open(file.sha256);
      expect(rotten?.byteSize).toBe(3);
      rotten?.stream.destroy();
    });

    test('puts and removals of one hash at the same time leave the right bytes or none, and fail nobody', async () => {
      const store = await makeStore();
      const file = await writeSpooledFile(await useTempFolder());
      const bytes = await readFile(file.path);
      for (let round = 0; round < 20; round += 1) {
        await Promise.all([store.put(file), store.remove(file.sha256), store.put(file), store.remove(file.sha256)]);
        const left = await bytesOf(store, file.sha256).catch(() => null);
        if (left) expect(left).toEqual(bytes);
        await store.put(file);
        expect(await bytesOf(store, file.sha256)).toEqual(bytes);
      }
    });

    test('listed is what was put and not removed, with the time of its bytes, while puts and removals go on', async () => {
      const store = await makeStore();
      const folder = await useTempFolder();
      expect(await listOf(store)).toEqual([]);
      const files = await Promise.all(Array.from({ length: 30 }, () => writeSpooledFile(folder)));
      const before = Date.now() - clockStepMs;
      for (const file of files) await store.put(file);
      const listed = await listOf(store);
      expect(listed.map(({ sha256 }) => sha256).sort()).toEqual(files.map(({ sha256 }) => sha256).sort());
      for (const { modifiedOn } of listed) {
        expect(modifiedOn.getTime()).toBeGreaterThan(before - 60_000);
        expect(modifiedOn.getTime()).toBeLessThan(Date.now() + 60_000);
      }
      for await (const { sha256 } of store.list()) await store.remove(sha256);
      expect(await listOf(store)).toEqual([]);
    });

    test('a store has no id until it gets one, keeps it, and does not list it', async () => {
      const store = await makeStore();
      expect(await store.storeId()).toBeNull();
      for (const id of ['first', 'second']) {
        await store.setStoreId(id);
        expect(await store.storeId()).toBe(id);
      }
      expect(await listOf(store)).toEqual([]);
    });
  });
};
