import { randomBytes } from 'node:crypto';
import { access, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Sha256 } from '../../src/domain/image.js';
import type { BlobStore } from '../../src/domain/ports.js';
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

const sweepableOf = async (store: BlobStore, before: Date): Promise<Sha256[]> => {
  const hashes: Sha256[] = [];
  for await (const sha256 of store.sweepable(before)) hashes.push(sha256);
  return hashes.sort();
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

    test('sweepable are those put before the moment and not since', async () => {
      const store = await makeStore();
      const folder = await useTempFolder();
      expect(await sweepableOf(store, new Date())).toEqual([]);
      const [old, renewed] = [await writeSpooledFile(folder), await writeSpooledFile(folder)];
      await store.put(old);
      await store.put(renewed);
      await sleep(clockStepMs);
      const moment = new Date();
      await sleep(clockStepMs);
      const recent = await writeSpooledFile(folder);
      await store.put(recent);
      await store.put(renewed);
      expect(await sweepableOf(store, moment)).toEqual([old.sha256]);
      const all = [old.sha256, renewed.sha256, recent.sha256].sort();
      expect(await sweepableOf(store, new Date(Date.now() + 60_000))).toEqual(all);
    });

    test('bytes may be removed while they are swept', async () => {
      const store = await makeStore();
      const folder = await useTempFolder();
      for (let count = 0; count < 30; count += 1) await store.put(await writeSpooledFile(folder));
      const later = new Date(Date.now() + 60_000);
      for await (const sha256 of store.sweepable(later)) await store.remove(sha256);
      expect(await sweepableOf(store, later)).toEqual([]);
    });
  });
};
