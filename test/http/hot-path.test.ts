import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { MemoryBlobStore } from '../../src/blobs/memory.js';
import { HeldRenders } from '../support/held-renders.js';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { decode, photoJpeg, photoPng } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
const renders = new HeldRenders();
const blobs = new MemoryBlobStore();
let blobReads = 0;
let link: string;

beforeAll(async () => {
  const locate = blobs.locate.bind(blobs);
  blobs.locate = (sha256) => {
    blobReads += 1;
    return locate(sha256);
  };
  server = await startTestServer({}, { blobs, processor: renders.processor });
  link = (await uploadImage(server, await photoJpeg({ width: 600, height: 400 }))).link;
});
afterAll(() => server.close());

beforeEach(() => {
  server.sql.length = 0;
  renders.begun = 0;
  blobReads = 0;
});

const work = () => ({ selects: server.sql.length, renders: renders.begun, blobReads });
const nothing = { selects: 0, renders: 0, blobReads: 0 };

test('the first request costs one SELECT, one blob read and one render', async () => {
  expect((await fetch(`${link}?size=50x50`)).status).toBe(200);
  expect(work()).toEqual({ selects: 1, renders: 1, blobReads: 1 });
});

test('another variant of an image served before costs no SELECT', async () => {
  await fetch(link);
  server.sql.length = 0;
  await fetch(`${link}?size=51x50`);
  expect(work().selects).toBe(0);
});

test('a cached variant costs no SELECT, no blob read and no render, however it is asked for', async () => {
  const first = await fetch(`${link}?size=60x60`);
  const bytes = await first.arrayBuffer();
  server.sql.length = 0;
  renders.begun = 0;
  blobReads = 0;
  for (const query of ['size=60x60', 'size=60x60', 'fit=cover&size=60x60', 'size=60x60&enlarge=0']) {
    const again = await fetch(`${link}?${query}`);
    expect(again.status).toBe(200);
    expect(Buffer.compare(Buffer.from(await again.arrayBuffer()), Buffer.from(bytes))).toBe(0);
    for (const name of ['etag', 'content-type', 'content-length', 'cache-control', 'vary', 'content-security-policy']) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
  }
  expect(work()).toEqual(nothing);
});

test('a 304 costs nothing either, also of a variant that was never made', async () => {
  const { headers } = await fetch(`${link}?size=61x61`, { method: 'HEAD' });
  server.sql.length = 0;
  for (const _ of [1, 2]) {
    const response = await fetch(`${link}?size=61x61`, { headers: { 'if-none-match': headers.get('etag') ?? '' } });
    expect(response.status).toBe(304);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  }
  expect(work()).toEqual(nothing);
});

test('a HEAD of a cached variant has its length', async () => {
  const { headers } = await fetch(`${link}?size=62x62`);
  const head = await fetch(`${link}?size=62x62`, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe(headers.get('content-length'));
  expect(await head.text()).toBe('');
});

test('answers from memory have an id of their own and are counted', async () => {
  const url = `${link}?size=63x63`;
  await fetch(url);
  const labels = { method: 'GET', route: '/images/:publicId', status: '200' };
  const before = [
    await readMetric(server, 'http_request_duration_seconds_count', labels),
    await readMetric(server, 'variant_lookups_total', { found: 'memory' }),
  ];
  const ids = await Promise.all([1, 2, 3].map(async () => (await fetch(url)).headers.get('x-request-id')));
  expect(new Set(ids).size).toBe(3);
  expect([
    await readMetric(server, 'http_request_duration_seconds_count', labels),
    await readMetric(server, 'variant_lookups_total', { found: 'memory' }),
  ]).toEqual(before.map((count) => count + 3));
});

test('a request to another host name is checked again, whatever the earlier response was', async () => {
  const url = new URL(`${link}?size=64x64`);
  await fetch(url);
  const status = await new Promise((resolve, reject) => {
    request(url, { headers: { host: 'evil.example' } }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
});

test('a replaced, refocused or deleted image is never served from memory as it was', async () => {
  const uploaded = await uploadImage(server, await photoJpeg({ width: 300, height: 200 }));
  const url = `${uploaded.link}?size=40x40`;
  const tag = async () => {
    const tags = await Promise.all([fetch(url), fetch(url)]);
    for (const response of tags) await response.arrayBuffer();
    return tags[0]?.headers.get('etag');
  };
  const { id } = uploaded;
  const tags = [await tag()];
  await changeImage(server, 'updateImageMetadata', 'UpdateImageMetadataInput', {
    id,
    metadata: { focalPoint: { x: 0.1, y: 0.9 } },
  });
  tags.push(await tag());
  await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id }, await photoPng({ width: 310, height: 200 }));
  tags.push(await tag());
  expect(new Set(tags).size).toBe(3);
  await deleteImage(server, id);
  expect((await fetch(url)).status).toBe(404);
  expect((await fetch(url, { headers: { 'if-none-match': String(tags[2]) } })).status).toBe(404);
});

test('an image that is replaced while it is rendered is served whole as it was, and then as the new one', async () => {
  const held = new HeldRenders();
  const onDisk = await startTestServer({}, { processor: held.processor });
  const { id, link: url } = await uploadImage(onDisk, await photoJpeg({ width: 320, height: 200 }));
  held.hold();
  const pending = fetch(`${url}?size=0x0&format=png`);
  await expect.poll(() => held.begun).toBe(1);
  await changeImage(onDisk, 'replaceImage', 'ReplaceImageInput', { id }, await photoPng({ width: 330, height: 200 }));
  held.release();
  const response = await pending;
  expect(response.status).toBe(200);
  expect((await decode(new Uint8Array(await response.arrayBuffer()))).width).toBe(320);
  const next = await fetch(`${url}?size=0x0&format=png`);
  expect((await decode(new Uint8Array(await next.arrayBuffer()))).width).toBe(330);
  expect(response.headers.get('etag')).not.toBe(next.headers.get('etag'));
  await onDisk.close();
});

test('without a cache each request renders', async () => {
  const uncached = new HeldRenders();
  const plain = await startTestServer({ VARIANT_CACHE_BYTES: '0' }, { processor: uncached.processor });
  const { link: url } = await uploadImage(plain, await photoJpeg());
  for (const _ of [1, 2]) expect((await fetch(url)).status).toBe(200);
  expect(uncached.begun).toBe(2);
  await plain.close();
});

test('a variant that was made before a restart is served after it without a render', async () => {
  const DATA_DIR = await useTempFolder();
  const before = await startTestServer({ DATA_DIR });
  const { link: url } = await uploadImage(before, await photoJpeg());
  const made = Buffer.from(await (await fetch(url)).arrayBuffer());
  await before.close();
  const restarted = new HeldRenders();
  const after = await startTestServer({ DATA_DIR }, { processor: restarted.processor });
  const served = Buffer.from(await (await fetch(`${after.url}${new URL(url).pathname}`)).arrayBuffer());
  expect(Buffer.compare(served, made)).toBe(0);
  expect(restarted.begun).toBe(0);
  expect(await readMetric(after, 'variant_lookups_total', { found: 'disk' })).toBe(1);
  await after.close();
});
