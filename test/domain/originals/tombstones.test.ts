import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Overrides } from '../../../src/app/overrides.js';
import { MemoryBlobStore } from '../../../src/blobs/memory.js';
import { openCaller } from '../../../src/domain/identity/caller.js';
import { type AccountId, noEmbeddedTexts, type Sha256 } from '../../../src/domain/images/image.js';
import { changeImage, deleteImage, uploadImage } from '../../support/image-operations.js';
import { plainPng } from '../../support/sample-images.js';
import { sampleAccountId } from '../../support/samples.js';
import { writeSpooledFile } from '../../support/spooled-file.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';

const hourMs = 60 * 60 * 1000;
const photo = (red: number) => plainPng({ width: 8, height: 8 }, [red, 0, 0]);

/** Hours that the server's clock is ahead. */
let hoursAhead = 0;
const start = async (variables: Record<string, string> = {}, overrides: Overrides = {}): Promise<TestServer> => {
  hoursAhead = 0;
  const now = () => new Date(Date.now() + hoursAhead * hourMs);
  const server = await startTestServer(variables, { now, ...overrides });
  onTestFinished(() => server.close());
  return server;
};

const isServed = async (image: { originalUrl: string }): Promise<boolean> =>
  (await fetch(image.originalUrl)).status === 200;

test('bytes outlive their last image by the grace period, whether it was deleted or got other bytes', async () => {
  const blobs = new MemoryBlobStore();
  const server = await start({}, { blobs });
  const deleted = await uploadImage(server, await photo(1));
  const replaced = await uploadImage(server, await photo(2));
  await deleteImage(server, deleted.id);
  const now = await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id: replaced.id }, await photo(3));
  hoursAhead = 23;
  expect(await server.app.images.sweep()).toBe(0);
  for (const { sha256 } of [deleted, replaced]) expect(await blobs.locate(sha256)).not.toBeNull();
  hoursAhead = 25;
  expect(await server.app.images.sweep()).toBe(2);
  for (const { sha256 } of [deleted, replaced]) expect(await blobs.locate(sha256)).toBeNull();
  expect(await isServed(now)).toBe(true);
  expect(await server.app.images.sweep()).toBe(0);
});

test('bytes that another account names too are never swept', async () => {
  const server = await start();
  const mine = await uploadImage(server, await photo(1));
  const theirs = await uploadImage(server, await photo(1), undefined, sampleAccountId());
  await deleteImage(server, mine.id);
  hoursAhead = 1_000;
  expect(await server.app.images.sweep()).toBe(0);
  expect(await isServed(theirs)).toBe(true);
});

test('an upload of bytes with a tombstone brings them back for good', async () => {
  const server = await start();
  const first = await uploadImage(server, await photo(1));
  await deleteImage(server, first.id);
  hoursAhead = 23;
  const again = await uploadImage(server, await photo(1));
  hoursAhead = 1_000;
  expect(await server.app.images.sweep()).toBe(0);
  expect(await isServed(again)).toBe(true);
});

test('bytes that the database does not know are never touched, however old', async () => {
  const blobs = new MemoryBlobStore();
  const server = await start({ BYTES_GRACE_HOURS: '0' }, { blobs });
  const unknown = await writeSpooledFile(await useTempFolder());
  await blobs.put(unknown);
  hoursAhead = 10_000;
  await server.app.images.sweep();
  expect(await blobs.locate(unknown.sha256)).not.toBeNull();
});

test('the bytes of a refused upload leak nowhere: they get a tombstone and are swept', async () => {
  const blobs = new MemoryBlobStore();
  const server = await start({ MAX_IMAGES_PER_ACCOUNT: '1' }, { blobs });
  const first = await uploadImage(server, await photo(1));
  expect(await uploadImage(server, await photo(2))).toMatchObject({ __typename: 'ImageLimitReachedError' });
  expect(await uploadImage(server, await photo(1))).toMatchObject({ __typename: 'DuplicateImageError' });
  hoursAhead = 25;
  expect(await server.app.images.sweep()).toBe(1);
  const left: Sha256[] = [];
  for await (const { sha256 } of blobs.list()) left.push(sha256);
  expect(left).toEqual([first.sha256]);
});

test('a store that fails an upload half way leaves a tombstone too, and the next upload of the same file succeeds', async () => {
  const blobs = new (class extends MemoryBlobStore {
    isStuck = true;
    override async put(file: Parameters<MemoryBlobStore['put']>[0]): Promise<void> {
      await super.put(file);
      if (this.isStuck) throw new Error('EIO: i/o error, fsync');
    }
  })();
  const server = await start({}, { blobs });
  expect(await uploadImage(server, await photo(1)).catch(() => 'failed')).not.toMatchObject({ __typename: 'Image' });
  hoursAhead = 25;
  expect(await server.app.images.sweep()).toBe(1);
  for await (const { sha256 } of blobs.list()) throw new Error(`${sha256} was left`);
  blobs.isStuck = false;
  expect(await uploadImage(server, await photo(1))).toMatchObject({ __typename: 'Image' });
});

test('bytes that cannot be removed keep none of the others, and are removed by a later sweep', async () => {
  const stuck = new Set<Sha256>();
  const blobs = new (class extends MemoryBlobStore {
    override async remove(sha256: Sha256): Promise<void> {
      if (stuck.has(sha256)) throw new Error('EIO: i/o error, unlink');
      await super.remove(sha256);
    }
  })();
  const server = await start({ BYTES_GRACE_HOURS: '0' }, { blobs });
  for (let red = 0; red < 5; red += 1) {
    const image = await uploadImage(server, await photo(red));
    if (red < 3) stuck.add(image.sha256);
    await deleteImage(server, image.id);
  }
  await expect(server.app.images.sweep()).rejects.toThrow('EIO');
  const left: Sha256[] = [];
  for await (const { sha256 } of blobs.list()) left.push(sha256);
  expect(new Set(left)).toEqual(stuck);
  stuck.clear();
  expect(await server.app.images.sweep()).toBe(3);
});

test('a sweep of more than a batch removes them all, and ends early when the server closes', async () => {
  const server = await start(
    { BYTES_GRACE_HOURS: '0' },
    { processor: (real) => ({ ...real, inspect: async () => facts }) },
  );
  const folder = await useTempFolder();
  for (let count = 0; count < 120; count += 1) {
    const file = await writeSpooledFile(folder);
    const { image } = await server.app.images.upload(openCaller, { accountId: accountId as AccountId, file });
    await server.app.images.delete(openCaller, image.id);
  }
  const closing = new AbortController();
  closing.abort();
  expect(await server.app.images.sweep(closing.signal)).toBe(0);
  expect(await server.app.images.sweep()).toBe(120);
});

const facts = {
  mimeType: 'image/png',
  width: 1,
  height: 1,
  hasAlpha: false,
  frameCount: 1,
  placeholder: { thumbhash: '', dataUri: '', dominantColor: '#000000' },
  embedded: noEmbeddedTexts,
  fingerprint: null,
  factsVersion: 1,
} as const;

test('a database that is restored from a backup finds every byte that it names, within the grace period', async () => {
  const folder = await useTempFolder();
  const backup = join(folder, 'backup.db');
  const first = await start({ DATA_DIR: folder });
  const images = [await uploadImage(first, await photo(1)), await uploadImage(first, await photo(2))];
  await first.app.close();
  await copyFile(join(folder, 'state.db'), backup);

  const second = await start({ DATA_DIR: folder });
  await deleteImage(second, images[0].id);
  await changeImage(second, 'replaceImage', 'ReplaceImageInput', { id: images[1].id }, await photo(3));
  hoursAhead = 23;
  await second.app.images.sweep();
  await second.app.close();
  await copyFile(backup, join(folder, 'state.db'));

  const restored = await start({ DATA_DIR: folder });
  hoursAhead = 1_000;
  await restored.app.images.sweep();
  for (const { originalUrl } of images) {
    expect((await fetch(restored.url + new URL(originalUrl).pathname)).status).toBe(200);
  }
});
