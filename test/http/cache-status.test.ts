import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharp } from '../../src/pipeline/sharp.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let image: { link: string; originalUrl: string };
beforeAll(async () => {
  server = await startTestServer();
  image = await uploadImage(server, await photoJpeg());
});
afterAll(() => server.close());

/** Fetches all of it, and returns what it says of its way here. */
const ask = async (url: string, init: RequestInit = {}) => {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  const { headers, status } = response;
  return {
    status,
    etag: String(headers.get('etag')),
    cache: headers.get('cache-status'),
    timing: headers.get('server-timing'),
    origins: headers.get('timing-allow-origin'),
  };
};
const untimed = { timing: null, origins: null };
const rendered = 'image-facade; fwd=miss; detail=render';
const inMemory = 'image-facade; hit; detail=memory';

test('a render is a miss with the duration of each step, for pages of every origin', async () => {
  const { cache, timing, origins } = await ask(`${image.link}?size=31x0`);
  expect(cache).toBe(rendered);
  expect(timing).toMatch(/^plan;dur=\d+\.\d, read;dur=\d+\.\d, queue;dur=\d+\.\d, render;dur=\d+\.\d$/);
  expect(Number(/render;dur=([\d.]+)/.exec(timing ?? '')?.[1])).toBeGreaterThan(0);
  expect(origins).toBe('*');
});

test('bytes in memory are a hit without durations, through Fastify and past it', async () => {
  await ask(`${image.link}?size=32x0`);
  // the second is another request of the same variant
  for (const query of ['size=32x0', 'size=32x0&fit=cover', 'size=32x0&fit=cover']) {
    expect(await ask(`${image.link}?${query}`)).toMatchObject({ cache: inMemory, ...untimed });
  }
});

test('bytes on the disk are a hit without durations', async () => {
  // nothing compresses it, and so it is too large for the memory
  const raw = { width: 400, height: 300, channels: 3 } as const;
  const noise = await sharp(randomBytes(raw.width * raw.height * raw.channels), { raw })
    .png()
    .toBuffer();
  const { link } = await uploadImage(server, noise);
  const url = `${link}?size=0x0&format=png`;
  expect((await ask(url)).cache).toBe(rendered);
  expect(await ask(url)).toMatchObject({ cache: 'image-facade; hit; detail=disk', ...untimed });
});

test('a 304 is a hit, whether or not the variant was ever rendered', async () => {
  const url = `${image.link}?size=34x0`;
  const { etag } = await ask(url, { method: 'HEAD' });
  for (let count = 0; count < 2; count += 1) {
    expect(await ask(url, { headers: { 'if-none-match': etag } })).toMatchObject({
      ...{ status: 304, cache: 'image-facade; hit', ...untimed },
    });
  }
});

test.each([
  ['a HEAD of what is not in memory', () => ask(`${image.link}?size=36x0`, { method: 'HEAD' })],
  ['a refused request', () => ask(`${image.link}?size=x`)],
  ['an image that is not there', () => ask(`${server.url}/images/${'a'.repeat(21)}`)],
  ['an original', () => ask(image.originalUrl)],
  ['the health of the server', () => ask(`${server.url}/health/live`)],
])('%s says nothing of caches', async (_what, request) => {
  expect(await request()).toMatchObject({ cache: null, ...untimed });
});
