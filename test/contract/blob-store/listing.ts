import { expect, test } from 'vitest';
import type { Sha256 } from '../../../src/domain/images/image.js';
import type { BlobStore } from '../../../src/domain/ports.js';
import { writeSpooledFile } from '../../support/spooled-file.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { listOf, type OpenStore } from './stores.js';

/** More than the coarsest clock of a file system in use steps by. */
const clockStepMs = 20;
/** More than a store lists in one piece. */
const manyKeys = 2_000;
const atOnce = 20;

const putMany = async (store: BlobStore, folder: string, count: number): Promise<Sha256[]> => {
  const hashes: Sha256[] = [];
  const putSome = async (): Promise<void> => {
    for (let left = count / atOnce; left > 0; left -= 1) {
      const file = await writeSpooledFile(folder);
      await store.put(file);
      hashes.push(file.sha256);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, putSome));
  return hashes;
};

export const testListing = (open: OpenStore): void => {
  test('listed is what was put and not removed, with the time of its bytes, while puts and removals go on', async () => {
    const store = await open();
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
    const store = await open();
    expect(await store.storeId()).toBeNull();
    for (const id of ['first', 'second']) {
      await store.setStoreId(id);
      expect(await store.storeId()).toBe(id);
    }
    expect(await listOf(store)).toEqual([]);
  });

  test(`${manyKeys} keys are each listed once, also while others come and go, and are all gone when they are removed`, async () => {
    const store = await open();
    const folder = await useTempFolder();
    const kept = await putMany(store, folder, manyKeys);
    const coming = await Promise.all(Array.from({ length: 50 }, () => writeSpooledFile(folder)));
    const changing = (async () => {
      for (const file of coming) {
        await store.put(file);
        await store.remove(file.sha256);
      }
    })();
    const changed = new Set(coming.map(({ sha256 }) => sha256));
    const listed = (await listOf(store)).map(({ sha256 }) => sha256).filter((sha256) => !changed.has(sha256));
    await changing;
    expect(listed.sort()).toEqual(kept.sort());
    for (const sha256 of kept) await store.remove(sha256);
    expect(await listOf(store)).toEqual([]);
  }, 120_000);
};
