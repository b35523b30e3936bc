import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { writeSpooledFile } from '../../support/spooled-file.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { bytesOf, type OpenStore } from './stores.js';

export const testConcurrency = (open: OpenStore): void => {
  test('the same bytes may be put many times at once', async () => {
    const store = await open();
    const folder = await useTempFolder();
    const bytes = randomBytes(1_000);
    const files = await Promise.all(Array.from({ length: 20 }, () => writeSpooledFile(folder, bytes)));
    await Promise.all(files.map((file) => store.put(file)));
    for (const { sha256 } of files) expect(await bytesOf(store, sha256)).toEqual(bytes);
  });

  test('bytes that are removed while they are looked for are not taken for there afterwards', async () => {
    const store = await open();
    const file = await writeSpooledFile(await useTempFolder());
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await store.put(file);
      await Promise.all([store.locate(file.sha256), store.remove(file.sha256)]);
      expect(await store.locate(file.sha256)).toBeNull();
    }
  });

  test('puts and removals of one hash at the same time leave the right bytes or none, and fail nobody', async () => {
    const store = await open();
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

  test('a stream whose bytes are removed or replaced meanwhile ends with all of them or fails, and never in between', async () => {
    const store = await open();
    const bytes = randomBytes(1_000_000);
    const file = await writeSpooledFile(await useTempFolder(), bytes);
    for (let round = 0; round < 10; round += 1) {
      await store.put(file);
      const opened = await store.open(file.sha256);
      const [read] = await Promise.allSettled([
        opened?.stream.toArray() ?? Promise.resolve([]),
        round % 2 === 0 ? store.remove(file.sha256) : store.remove(file.sha256).then(() => store.put(file)),
      ]);
      if (read.status === 'fulfilled') expect(Buffer.concat(read.value).equals(bytes)).toBe(true);
    }
  });

  test('puts and removals of one hash leave the others alone', async () => {
    const store = await open();
    const folder = await useTempFolder();
    const [contested, ...others] = await Promise.all(Array.from({ length: 30 }, () => writeSpooledFile(folder)));
    await Promise.all([
      ...others.map((file) => store.put(file)),
      ...others.flatMap(() => (contested ? [store.put(contested), store.remove(contested.sha256)] : [])),
    ]);
    for (const { sha256, path } of others) expect(await bytesOf(store, sha256)).toEqual(await readFile(path));
  });
};
