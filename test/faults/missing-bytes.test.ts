import { randomBytes } from 'node:crypto';
import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MemoryBlobStore } from '../../src/blobs/memory.js';
import type { ByteSource } from '../../src/domain/ports.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/pictures.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

let width = 40;
/** A new image, and what a fault of the disk leaves of its file. */
const uploadThen = async (damage: (path: string) => Promise<void>) => {
  width += 1;
  const bytes = await photoJpeg({ width, height: 40 });
  const image = await uploadImage(server, bytes);
  await damage(join(server.dataFolder, 'blobs', image.sha256.slice(0, 2), image.sha256.slice(2, 4), image.sha256));
  return { image, bytes };
};

/** Answers, and goes on to answer on the same connection. */
const statusAt = async (url: string): Promise<number> => {
  const response = await fetch(url);
  const { error } = (await response.json()) as { error: string };
  expect(error.length).toBeGreaterThan(10);
  expect(error).not.toContain(server.dataFolder);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return response.status;
};

test.each([
  ['gone', (path: string) => rm(path), 404, 404],
  ['cut short', (path: string) => truncate(path, 100), 422, 500],
  ['empty', (path: string) => truncate(path, 0), 422, 500],
  ['noise', (path: string) => writeFile(path, randomBytes(300)), 422, 500],
])('an image whose file is %s has a stated status on both routes', async (_case, damage, ofVariant, ofOriginal) => {
  const { image } = await uploadThen(damage);
  expect(await statusAt(`${image.link}?size=10x10`)).toBe(ofVariant);
  expect(await statusAt(image.originalUrl)).toBe(ofOriginal);
  expect((await fetch(`${server.url}/graphql?query={__typename}`)).status).toBe(200);
});

test('a file that goes after variants were made of it is 404 too, for what is not kept', async () => {
  let kept = '';
  const { image } = await uploadThen(async (path) => {
    kept = path;
  });
  expect((await fetch(`${image.link}?size=10x10`)).status).toBe(200);
  await rm(kept);
  expect((await fetch(`${image.link}?size=10x10`)).status).toBe(200);
  expect(await statusAt(`${image.link}?size=11x11`)).toBe(404);
});

test('the same bytes, uploaded again, put right what the disk lost', async () => {
  const { image, bytes } = await uploadThen((path) => rm(path));
  expect(await uploadImage(server, bytes)).toMatchObject({ __typename: 'DuplicateImageError' });
  expect((await fetch(image.link)).status).toBe(200);
  expect((await fetch(image.originalUrl)).status).toBe(200);
});

test('a file that goes between the look-up and the answer is 404, as for an image that is deleted just now', async () => {
  let located: ByteSource | null = null;
  const blobs = Object.assign(new MemoryBlobStore(), { locate: async () => located });
  const forgetful = await startTestServer({}, { blobs });
  const image = await uploadImage(forgetful, await photoJpeg());
  located = { path: join(forgetful.dataFolder, 'gone') };
  expect(await statusAt(image.originalUrl)).toBe(404);
  await forgetful.close();
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
