import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { MemoryBlobStore } from '../../src/blobs/memory.js';
import { openCaller } from '../../src/domain/caller.js';
import type { AccountId } from '../../src/domain/image.js';
import type { BlobStore } from '../../src/domain/ports.js';
import { photoPng } from '../support/pictures.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
afterEach(() => server.close());

const upload = async (bytes: Uint8Array) => {
  const { status, data, errors } = await server.upload(
    `mutation($input: UploadImageInput!) { uploadImage(input: $input) { __typename ... on Image { link originalUrl } } }`,
    { input: { accountId, file: null } },
    { 'input.file': bytes },
  );
  return { status, image: data?.uploadImage, code: errors?.[0]?.extensions?.code, message: errors?.[0]?.message };
};

const masked = { code: 'INTERNAL_SERVER_ERROR', message: expect.stringContaining('X-Request-ID') };
const countImages = () => server.app.images.count(openCaller, { accountId: accountId as AccountId });

test('a store without space fails the upload alone: masked, with nothing half there, and the next one succeeds', async () => {
  let isFull = true;
  const memory = new MemoryBlobStore();
  const blobs: BlobStore = Object.assign(memory, {
    put: async (file: Parameters<BlobStore['put']>[0]) => {
      if (isFull) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      await MemoryBlobStore.prototype.put.call(memory, file);
    },
  });
  server = await startTestServer({}, { blobs });
  const picture = await photoPng();
  expect(await upload(picture)).toMatchObject(masked);
  expect(await countImages()).toBe(0);
  expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
  isFull = false;
  expect((await upload(picture)).image).toMatchObject({ __typename: 'Image' });
});

/** A file system of this many bytes, where the system lets the test make one. */
const mountSmallDisk = async (bytes: number): Promise<string | undefined> => {
  const folder = await useTempFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]).status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', ['--lazy', folder]));
  return folder;
};

test('a disk that is full fails uploads alone, keeps what was acknowledged, and takes more when there is space again', async ({
  skip,
}) => {
  const folder = await mountSmallDisk(3 * 1024 * 1024);
  if (!folder) return skip('this user may not mount a file system, and no other is small enough to fill');
  const ballast = join(folder, 'ballast');
  await writeFile(ballast, randomBytes(256 * 1024));
  server = await startTestServer({ DATA_DIR: join(folder, 'data') });
  const pictures = await Promise.all(
    Array.from({ length: 40 }, (_, index) => photoPng({ width: 200 + index, height: 200 })),
  );
  const outcomes = [];
  for (const bytes of pictures) outcomes.push({ bytes, ...(await upload(bytes)) });
  const kept = outcomes.filter(({ image }) => image);
  const failed = outcomes.filter(({ image }) => !image);
  expect(failed.length).toBeGreaterThan(5);
  expect(kept.length).toBeGreaterThan(5);
  for (const outcome of failed) expect(outcome).toMatchObject(masked);

  // to the last block: now not even a row fits
  await writeFile(join(folder, 'rest'), randomBytes(3 * 1024 * 1024)).catch(() => undefined);
  expect(await upload(await photoPng({ width: 8, height: 8 }))).toMatchObject(masked);
  expect(await countImages()).toBe(kept.length);
  for (const { image, bytes } of kept) {
    expect((await fetch(`${image.link}?size=20x20`)).status).toBe(200);
    expect(Buffer.from(await (await fetch(image.originalUrl)).arrayBuffer()).equals(bytes)).toBe(true);
  }
  expect(await readdir(join(folder, 'data', 'tmp'))).toEqual([]);

  await rm(join(folder, 'rest'), { force: true });
  await rm(ballast);
  expect((await upload(await photoPng({ width: 8, height: 8 }))).image).toMatchObject({ __typename: 'Image' });
});
