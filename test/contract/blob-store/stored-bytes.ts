import { randomBytes } from 'node:crypto';
import { access, readFile, rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { sampleSha256 } from '../../support/samples.js';
import { writeSpooledFile } from '../../support/spooled-file.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { bytesOf, type OpenStore } from './stores.js';

export const testStoredBytes = (open: OpenStore): void => {
  test('bytes that were put are there, whole', async () => {
    const store = await open();
    const bytes = randomBytes(300_000);
    const file = await writeSpooledFile(await useTempFolder(), bytes);
    await store.put(file);
    expect(Buffer.compare((await bytesOf(store, file.sha256)) ?? new Uint8Array(), bytes)).toBe(0);
  });

  test('bytes outlive the file that they came in', async () => {
    const store = await open();
    const file = await writeSpooledFile(await useTempFolder(), Buffer.from('bytes'));
    await store.put(file);
    await rm(file.path);
    expect(String(await bytesOf(store, file.sha256))).toBe(String(Buffer.from('bytes')));
  });

  test('the file stays, and may be put again', async () => {
    const store = await open();
    const file = await writeSpooledFile(await useTempFolder());
    await store.put(file);
    await access(file.path);
    await store.put(file);
    await store.put(await writeSpooledFile(await useTempFolder(), await readFile(file.path)));
    expect(await bytesOf(store, file.sha256)).toEqual(await readFile(file.path));
  });

  test('a file that is gone is a failure and leaves nothing', async () => {
    const store = await open();
    const file = await writeSpooledFile(await useTempFolder());
    await rm(file.path);
    await expect(store.put(file)).rejects.toThrow('ENOENT');
    expect(await store.locate(file.sha256)).toBeNull();
  });

  test('unknown bytes are not found, and removing them is no error', async () => {
    const store = await open();
    const sha256 = sampleSha256();
    expect(await store.locate(sha256)).toBeNull();
    await store.remove(sha256);
  });

  test('bytes that were removed are gone, and may be put again', async () => {
    const store = await open();
    const file = await writeSpooledFile(await useTempFolder());
    await store.put(file);
    expect(await store.locate(file.sha256)).not.toBeNull();
    await store.remove(file.sha256);
    expect(await store.locate(file.sha256)).toBeNull();
    await store.put(file);
    expect(await bytesOf(store, file.sha256)).toEqual(await readFile(file.path));
  });

  test.each([0, 1, 65_536, 3_000_001])('%i bytes come back whole, located and as a stream', async (byteSize) => {
    const store = await open();
    const bytes = randomBytes(byteSize);
    const file = await writeSpooledFile(await useTempFolder(), bytes);
    await store.put(file);
    const stored = Buffer.from((await bytesOf(store, file.sha256)) ?? []);
    expect(stored.equals(bytes)).toBe(true);
    const opened = await store.open(file.sha256);
    expect(opened?.byteSize).toBe(byteSize);
    expect(Buffer.concat((await opened?.stream.toArray()) ?? []).equals(bytes)).toBe(true);
  });

  test('a reader that leaves half way leaves the bytes to the others', async () => {
    const store = await open();
    const bytes = randomBytes(2_000_000);
    const file = await writeSpooledFile(await useTempFolder(), bytes);
    await store.put(file);
    const [whole, cut] = [await store.open(file.sha256), await store.open(file.sha256)];
    for await (const _ of cut?.stream ?? []) break;
    expect(cut?.stream.destroyed).toBe(true);
    expect(Buffer.concat((await whole?.stream.toArray()) ?? []).equals(bytes)).toBe(true);
    expect(Buffer.from((await bytesOf(store, file.sha256)) ?? []).equals(bytes)).toBe(true);
  });
};
