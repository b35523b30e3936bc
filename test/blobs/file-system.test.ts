import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { FileSystemBlobStore } from '../../src/blobs/file-system.js';
import type { Sha256 } from '../../src/domain/images/image.js';
import { testBlobStoreContract } from '../contract/blob-store/blob-store-contract.js';
import { writeSpooledFile } from '../support/spooled-file.js';
import { useTempFolder } from '../support/temp-folder.js';

/** Stands for a spool on another disk, or a file system without hard links. */
let linkFault: string | undefined;
/** The folders that were opened, in order: only to flush them. */
let flushed: string[] = [];

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof fs>();
  const link = async (...names: Parameters<typeof fs.link>): Promise<void> => {
    if (linkFault) throw Object.assign(new Error(linkFault), { code: linkFault });
    return original.link(...names);
  };
  const open = (...given: Parameters<typeof fs.open>): Promise<fs.FileHandle> => {
    flushed.push(String(given[0]));
    return original.open(...given);
  };
  return { ...original, link, open };
});

beforeEach(() => {
  linkFault = undefined;
  flushed = [];
});

const openStore = async () => FileSystemBlobStore.open(join(await useTempFolder(), 'blobs'));
const openCopyingStore = () => {
  linkFault = 'EXDEV';
  return openStore();
};

testBlobStoreContract('the file system', openStore);
testBlobStoreContract('a file system without hard links', openCopyingStore);

const makeFolderAndStore = async () => {
  const folder = join(await useTempFolder(), 'blobs');
  return { folder, store: await FileSystemBlobStore.open(folder) };
};

test('bytes are stored under their hash, two levels deep, and nothing else is left', async () => {
  const { folder, store } = await makeFolderAndStore();
  const file = await writeSpooledFile(await useTempFolder());
  await store.put(file);
  const path = join(folder, file.sha256.slice(0, 2), file.sha256.slice(2, 4), file.sha256);
  expect(await store.locate(file.sha256)).toEqual({ path });
  expect(await fs.readdir(join(folder, 'incoming'))).toEqual([]);
});

test('a folder that somebody removes under the server is created again', async () => {
  const { folder, store } = await makeFolderAndStore();
  const file = await writeSpooledFile(await useTempFolder());
  await store.put(file);
  await fs.rm(join(folder, file.sha256.slice(0, 2)), { recursive: true });
  await store.put(file);
  expect(await fs.readFile(join(folder, file.sha256.slice(0, 2), file.sha256.slice(2, 4), file.sha256))).toEqual(
    await fs.readFile(file.path),
  );
});

test('every folder whose names are new is flushed, and no other', async () => {
  const { folder, store } = await makeFolderAndStore();
  const flushedBy = async (start: string): Promise<string[]> => {
    const file = await writeSpooledFile(await useTempFolder());
    flushed = [];
    await store.put({ ...file, sha256: file.sha256.replace(/^.{4}/, start) as Sha256 });
    return flushed.map((path) => path.slice(folder.length));
  };
  expect(await flushedBy('abcd')).toEqual(['/ab', '', '/ab/cd']);
  expect(await flushedBy('abcd')).toEqual(['/ab/cd']);
  expect(await flushedBy('abef')).toEqual(['/ab', '/ab/ef']);
  expect(await flushedBy('cdef')).toEqual(['/cd', '', '/cd/ef']);
  // somebody removes it under the server
  await fs.rm(join(folder, 'ab'), { recursive: true });
  expect(await flushedBy('ab01')).toEqual(['/ab', '', '/ab/01']);
  expect(await flushedBy('abcd')).toEqual(['/ab', '/ab/cd']);
  // a crash may have come before the flush of folders that were there at the start
  const next = await FileSystemBlobStore.open(folder);
  const file = await writeSpooledFile(await useTempFolder());
  flushed = [];
  await next.put({ ...file, sha256: file.sha256.replace(/^.{4}/, 'abcd') as Sha256 });
  expect(flushed.map((path) => path.slice(folder.length))).toEqual(['/ab', '', '/ab/cd']);
});

test('a file that is gone before it is stored is an error, and nothing is stored', async () => {
  const { folder, store } = await makeFolderAndStore();
  const file = await writeSpooledFile(await useTempFolder());
  await fs.rm(file.path);
  await expect(store.put(file)).rejects.toThrow(/ENOENT/);
  expect(await store.locate(file.sha256)).toBeNull();
  expect(await fs.readdir(join(folder, 'incoming'))).toEqual([]);
});

test('an id that cannot be read is not taken for none, so that nobody overwrites it', async () => {
  const { folder, store } = await makeFolderAndStore();
  for (const text of ['', '{}', '{"storeId":1}', 'null', '{"storeId":']) {
    await fs.writeFile(join(folder, 'store.json'), text);
    expect(await store.storeId()).toBe('unreadable');
  }
});

test('a tool that opens the folder alongside a server removes nothing of what the server is writing', async () => {
  const { folder } = await makeFolderAndStore();
  await fs.writeFile(join(folder, 'incoming', 'being-copied'), 'x');
  const alongside = FileSystemBlobStore.openAlongside(folder);
  for await (const _ of alongside.list()) throw new Error('nothing is stored');
  expect(await fs.readdir(join(folder, 'incoming'))).toEqual(['being-copied']);
});

test('a folder that does not exist has no bytes and no id', async () => {
  const alongside = FileSystemBlobStore.openAlongside(join(await useTempFolder(), 'missing'));
  for await (const _ of alongside.list()) throw new Error('nothing is stored');
  expect(await alongside.storeId()).toBeNull();
});

test('what is not ours is never listed, so that no tool removes it', async () => {
  const { folder, store } = await makeFolderAndStore();
  const sha256 = 'ab'.repeat(32) as Sha256;
  await fs.mkdir(join(folder, 'ab', 'ab'), { recursive: true });
  await fs.mkdir(join(folder, 'lost+found'));
  for (const name of [
    'README',
    'ab/notes',
    'ab/ab/.DS_Store',
    `ab/ab/${sha256}.bak`,
    `ab/ab/${'cd'.repeat(32)}`,
    'cd',
  ]) {
    await fs.writeFile(join(folder, name), 'x');
  }
  await fs.writeFile(join(folder, 'ab', 'ab', sha256), 'x');
  await store.setStoreId('an id');
  const listed: Sha256[] = [];
  for await (const stored of store.list()) listed.push(stored.sha256);
  expect(listed).toEqual([sha256]);
});

test('what a crash left half copied is gone after the next start', async () => {
  const { folder } = await makeFolderAndStore();
  await fs.writeFile(join(folder, 'incoming', 'half'), 'x');
  await FileSystemBlobStore.open(folder);
  expect(await fs.readdir(join(folder, 'incoming'))).toEqual([]);
});
