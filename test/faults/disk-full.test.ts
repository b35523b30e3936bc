import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { MemoryBlobStore } from '../../src/blobs/memory.js';
import { openCaller } from '../../src/domain/identity/caller.js';
import type { AccountId } from '../../src/domain/images/image.js';
import { defaultLimits } from '../../src/domain/limits.js';
import type { BlobStore } from '../../src/domain/ports.js';
import { photoPng } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
afterEach(() => server.close());

const upload = async (bytes: Uint8Array) => {
  const { data } = await server.upload(
    `mutation($input: UploadImageInput!) { uploadImage(input: $input) {
      __typename ... on UploadImagePayload { image { __typename id link originalUrl } } ... on StorageFullError { code message headRoomBytes }
    } }`,
    { input: { accountId, file: null } },
    { 'input.file': bytes },
  );
  return data?.uploadImage?.image ?? data?.uploadImage;
};

const full = (headRoomBytes: number) => ({
  __typename: 'StorageFullError',
  code: 'STORAGE_FULL',
  headRoomBytes,
  message: expect.stringContaining('storage is full'),
});
const countImages = () => server.app.images.count(openCaller, { accountId: accountId as AccountId });

test.each(['ENOSPC', 'EDQUOT'])(
  '%s of the store is a StorageFullError of the upload alone, and the next one succeeds',
  async (code) => {
    let isFull = true;
    const memory = new MemoryBlobStore();
    const blobs: BlobStore = Object.assign(memory, {
      put: async (file: Parameters<BlobStore['put']>[0]) => {
        if (isFull) throw Object.assign(new Error(`${code}: no space, write`), { code });
        await MemoryBlobStore.prototype.put.call(memory, file);
      },
    });
    server = await startTestServer({}, { blobs });
    const photo = await photoPng();
    expect(await upload(photo)).toEqual(full(defaultLimits.headRoomBytes));
    expect(await countImages()).toBe(0);
    expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
    isFull = false;
    expect(await upload(photo)).toMatchObject({ __typename: 'Image' });
  },
);

/** A file system of this many bytes, where the system lets the test make one. */
const mountSmallDisk = async (bytes: number): Promise<string | undefined> => {
  const folder = await useTempFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]).status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', ['--lazy', folder]));
  return folder;
};

const mebibyte = 1024 * 1024;
const ready = async () => {
  const response = await fetch(`${server.url}/health/ready`);
  const { failed = [] } = (await response.json()) as { failed?: string[] };
  return { code: response.status, failed };
};
const freeBytesOf = async (folder: string) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

test('uploads stop at the head-room, so that deletes and changes of metadata go on, and start again when there is space', async ({
  skip,
}) => {
  const folder = await mountSmallDisk(24 * mebibyte);
  if (!folder) return skip('this user may not mount a file system, and no other is small enough to fill');
  const headRoomBytes = 4 * mebibyte;
  server = await startTestServer({
    DATA_DIR: join(folder, 'data'),
    HEAD_ROOM_BYTES: String(headRoomBytes),
    GLEAN_ACCOUNT_ID: accountId,
  });
  expect(await ready()).toEqual({ code: 200, failed: [] });
  const kept = [];
  for (let index = 0; index < 8; index += 1) {
    const bytes = await photoPng({ width: 40 + index, height: 40 });
    kept.push({ bytes, ...(await upload(bytes)) });
  }
  const ballast = join(folder, 'ballast');
  await writeFile(ballast, Buffer.alloc((await freeBytesOf(folder)) - headRoomBytes + 64 * 1024));
  // the free space is looked up once a second
  await expect.poll(ready, { timeout: 5_000 }).toEqual({ code: 503, failed: ['diskSpace'] });

  const refused = new Uint8Array(await photoPng({ width: 300, height: 300 }));
  const freeBefore = await freeBytesOf(folder);
  expect(await upload(refused)).toEqual(full(headRoomBytes));
  expect(await freeBytesOf(folder)).toBe(freeBefore);
  const glean = await fetch(`${server.url}/rest/api/v1/uploadimage?type=USER&id=1`, {
    method: 'POST',
    headers: { 'content-type': 'image/png', authorization: 'Bearer a.b' },
    body: refused,
  });
  expect(glean.status).toBe(507);
  const form = new FormData();
  form.set('image', new Blob([refused], { type: 'image/png' }));
  const moov = await fetch(`${server.url}/accounts/${accountId}/images`, { method: 'POST', body: form });
  expect(moov.status).toBe(507);
  expect(await moov.json()).toEqual({ error: expect.stringContaining('storage is full') });

  // what needs no room for bytes goes on, many times over
  const [first, ...others] = kept;
  for (let round = 0; round < 50; round += 1) {
    const { data } = await server.query(
      `mutation($input: UpdateImageInput!) { updateImage(input: $input) { __typename } }`,
      { input: { id: first?.id, metadata: { altText: `round ${round}` } } },
    );
    expect(data?.updateImage).toEqual({ __typename: 'UpdateImagePayload' });
  }
  const { data } = await server.query(`mutation($input: ImageIdInput!) { deleteImage(input: $input) { __typename } }`, {
    input: { id: first?.id },
  });
  expect(data?.deleteImage).toEqual({ __typename: 'DeleteImagePayload' });
  for (const { link, originalUrl, bytes } of others) {
    expect((await fetch(`${link}?size=20x20`)).status).toBe(200);
    expect(Buffer.from(await (await fetch(originalUrl)).arrayBuffer()).equals(bytes)).toBe(true);
  }
  expect(await readdir(join(folder, 'data', 'tmp'))).toEqual([]);

  await rm(ballast);
  await expect.poll(ready, { timeout: 5_000 }).toEqual({ code: 200, failed: [] });
  expect(await upload(refused)).toMatchObject({ __typename: 'Image' });
});

test('without a head-room, a disk that is full to the last block fails uploads in words and keeps what was acknowledged', async ({
  skip,
}) => {
  const folder = await mountSmallDisk(3 * mebibyte);
  if (!folder) return skip('this user may not mount a file system, and no other is small enough to fill');
  const ballast = join(folder, 'ballast');
  await writeFile(ballast, randomBytes(256 * 1024));
  server = await startTestServer({ DATA_DIR: join(folder, 'data'), HEAD_ROOM_BYTES: '0' });
  const photos = await Promise.all(
    Array.from({ length: 40 }, (_, index) => photoPng({ width: 200 + index, height: 200 })),
  );
  const outcomes = [];
  for (const bytes of photos) outcomes.push({ bytes, ...(await upload(bytes)) });
  const kept = outcomes.filter(({ link }) => link);
  const failed = outcomes.filter(({ link }) => !link);
  expect(failed.length).toBeGreaterThan(5);
  expect(kept.length).toBeGreaterThan(5);
  for (const outcome of failed) expect(outcome).toMatchObject(full(0));

  // to the last block: now not even a row fits
  await writeFile(join(folder, 'rest'), randomBytes(3 * mebibyte)).catch(() => undefined);
  expect(await upload(await photoPng({ width: 8, height: 8 }))).toEqual(full(0));
  expect(await countImages()).toBe(kept.length);
  for (const { link, originalUrl, bytes } of kept) {
    expect((await fetch(`${link}?size=20x20`)).status).toBe(200);
    expect(Buffer.from(await (await fetch(originalUrl)).arrayBuffer()).equals(bytes)).toBe(true);
  }
  expect(await readdir(join(folder, 'data', 'tmp'))).toEqual([]);

  await rm(join(folder, 'rest'), { force: true });
  await rm(ballast);
  expect(await upload(await photoPng({ width: 8, height: 8 }))).toMatchObject({ __typename: 'Image' });
});
