import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { writeSpooledFile } from '../../support/spooled-file.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { bytesOf, type Damage, type OpenStore } from './stores.js';

export const testDamage = (open: OpenStore, damage: Damage): void => {
  test('bytes that rotted and kept their number are not taken for right: the next put replaces them', async () => {
    const store = await open();
    const file = await writeSpooledFile(await useTempFolder());
    await store.put(file);
    for (const byteSize of [1_000, 10, 0, 2_000]) {
      await damage(store, file.sha256, randomBytes(byteSize));
      await store.put(file);
      expect(await bytesOf(store, file.sha256)).toEqual(await readFile(file.path));
    }
  });

  test('opened are the bytes as they are, with their number, and nothing where there are none', async () => {
    const store = await open();
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

  test('bytes that were cut short are not taken for whole: the next put replaces them, once for all readers', async () => {
    const store = await open();
    const bytes = randomBytes(100_000);
    const file = await writeSpooledFile(await useTempFolder(), bytes);
    for (const byteSize of [0, 1, 65_536, 99_999]) {
      await damage(store, file.sha256, bytes.subarray(0, byteSize));
      const opened = await store.open(file.sha256);
      expect(opened?.byteSize).toBe(byteSize);
      opened?.stream.destroy();
      await Promise.all([store.put(file), store.put(file)]);
      expect(Buffer.from((await bytesOf(store, file.sha256)) ?? []).equals(bytes)).toBe(true);
    }
  });
};
