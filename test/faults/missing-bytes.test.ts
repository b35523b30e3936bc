import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg, photoPng } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
const logged: string[] = [];
beforeAll(async () => {
  server = await startTestServer({ LOG_LEVEL: 'warn' }, { logStream: { write: (line) => void logged.push(line) } });
});
afterAll(() => server.close());

const pathOf = (sha256: string): string =>
  join(server.dataFolder, 'blobs', sha256.slice(0, 2), sha256.slice(2, 4), sha256);

let width = 40;
/** A new image, and what a fault of the disk leaves of its file. */
const uploadThen = async (damage: (path: string) => Promise<void>) => {
  width += 1;
  const bytes = await photoJpeg({ width, height: 40 });
  const image = await uploadImage(server, bytes);
  await damage(pathOf(image.sha256));
  return { image, bytes };
};

/** The error has a masked text, names no path, is kept by no cache, and the log has the hash of the original. */
const expectFailure = async (url: string, sha256: string): Promise<void> => {
  logged.length = 0;
  const response = await fetch(url);
  expect(response.status).toBe(500);
  const { error } = (await response.json()) as { error: string };
  expect(error).toContain('X-Request-ID');
  expect(error).not.toContain(server.dataFolder);
  expect(response.headers.get('cache-control')).toBe('no-store');
  for (const name of ['etag', 'repr-digest', 'content-disposition']) expect(response.headers.get(name)).toBeNull();
  await expect.poll(() => logged.join('')).toContain(sha256);
};

const flipLastByte = async (path: string): Promise<void> => {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  await rm(path);
  await writeFile(path, bytes);
};

test.each([
  ['gone', (path: string) => rm(path)],
  ['cut short', (path: string) => truncate(path, 100)],
  ['empty', (path: string) => truncate(path, 0)],
  ['noise', (path: string) => writeFile(path, randomBytes(300))],
  ['rotten, with as many bytes as before', flipLastByte],
])('an original that is %s is a failure of the server, never of the client or the image', async (_case, damage) => {
  const { image } = await uploadThen(damage);
  await expectFailure(image.originalUrl, image.sha256);
  expect((await fetch(`${server.url}/graphql?query={__typename}`)).status).toBe(200);
});

test('HEAD of an original that is gone does not pretend that it is there', async () => {
  const { image } = await uploadThen((path) => rm(path));
  expect((await fetch(image.originalUrl, { method: 'HEAD' })).status).toBe(500);
});

test('a client never gets the end of an original whose bytes are wrong, however long it is', async () => {
  const bytes = await photoPng({ width: 1_200, height: 900 });
  expect(bytes.byteLength).toBeGreaterThan(1024 * 1024);
  const image = await uploadImage(server, bytes);
  await flipLastByte(pathOf(image.sha256));
  logged.length = 0;
  await expect(fetch(image.originalUrl).then((response) => response.arrayBuffer())).rejects.toThrow();
  await expect.poll(() => logged.join('')).toContain(image.sha256);
});

test('a variant of an original that is gone is a failure of the server, but for what is kept', async () => {
  const { image } = await uploadThen((path) => rm(path));
  await expectFailure(`${image.link}?size=10x10`, image.sha256);
  const kept = (await uploadThen(async () => undefined)).image;
  expect((await fetch(`${kept.link}?size=10x10`)).status).toBe(200);
  await rm(pathOf(kept.sha256));
  expect((await fetch(`${kept.link}?size=10x10`)).status).toBe(200);
  await expectFailure(`${kept.link}?size=11x11`, kept.sha256);
});

test.each([
  ['cut short', (path: string) => truncate(path, 100)],
  ['empty', (path: string) => truncate(path, 0)],
  ['noise', (path: string) => writeFile(path, randomBytes(300))],
])('a variant of an original that is %s is a failure of the server, never of the client', async (_case, damage) => {
  const { image } = await uploadThen(damage);
  await expectFailure(`${image.link}?size=10x10`, image.sha256);
});

test.each([
  ['lost', (path: string) => rm(path)],
  ['cut', (path: string) => truncate(path, 50)],
  ['changed', flipLastByte],
])('the same file, uploaded again, replaces what the disk %s', async (_case, damage) => {
  const { image, bytes } = await uploadThen(damage);
  expect(await uploadImage(server, bytes)).toMatchObject({ __typename: 'DuplicateImageError' });
  expect((await fetch(image.link)).status).toBe(200);
  const original = await fetch(image.originalUrl);
  expect(Buffer.from(await original.arrayBuffer()).equals(bytes)).toBe(true);
});

test('a blob that is missing fails no query', async () => {
  const { image } = await uploadThen((path) => rm(path));
  const { data, errors } = await server.query(
    'query($id: ID!) { image(by: { id: $id }) { width placeholder { thumbhash } variant { width } } }',
    { id: image.id },
  );
  expect(errors).toBeUndefined();
  expect(data.image.width).toBe(width);
  expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
});
