import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { MemoryBlobStore } from '../../src/blobs/memory.js';
import { damageByLyingSpool } from '../contract/blob-store/stores.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const blobs = new MemoryBlobStore();
let server: TestServer;
let bytes: Buffer;
let image: { originalUrl: string; sha256: never };
beforeAll(async () => {
  server = await startTestServer({}, { blobs });
  bytes = Buffer.from(await photoJpeg({ width: 300, height: 200 }));
  image = await uploadImage(server, bytes);
});
afterAll(() => server.close());

const get = async (headers: Record<string, string>) => {
  const response = await fetch(image.originalUrl, { headers });
  return { response, body: Buffer.from(await response.arrayBuffer()) };
};

const expectPart = async (range: string, first: number, last: number) => {
  const { response, body } = await get({ range });
  expect(response.status, range).toBe(206);
  expect(response.headers.get('content-range')).toBe(`bytes ${first}-${last}/${bytes.length}`);
  expect(response.headers.get('content-length')).toBe(String(last - first + 1));
  expect(body.equals(bytes.subarray(first, last + 1))).toBe(true);
};

test('any part of an original can be read, from its start, its middle or its end', async () => {
  const size = bytes.length;
  await expectPart('bytes=0-0', 0, 0);
  await expectPart('bytes=0-', 0, size - 1);
  await expectPart(`bytes=${size - 1}-`, size - 1, size - 1);
  await expectPart('bytes=-1', size - 1, size - 1);
  await expectPart(`bytes=-${size + 5}`, 0, size - 1);
  await expectPart('bytes=5-99999999999999999999', 5, size - 1);
  await fc.assert(
    fc.asyncProperty(fc.nat(size - 1), fc.nat(size - 1), (one, other) =>
      expectPart(`bytes=${Math.min(one, other)}-${Math.max(one, other)}`, Math.min(one, other), Math.max(one, other)),
    ),
    { numRuns: 30 },
  );
});

test('a part has the ETag and the digest of the whole file, and a client can put the parts together', async () => {
  const whole = await get({});
  expect(whole.response.headers.get('accept-ranges')).toBe('bytes');
  const parts = [];
  for (let start = 0; start < bytes.length; start += 1_000) {
    const { response, body } = await get({ range: `bytes=${start}-${start + 999}` });
    for (const name of ['etag', 'repr-digest', 'content-type', 'cache-control', 'content-disposition']) {
      expect(response.headers.get(name)).toBe(whole.response.headers.get(name));
    }
    parts.push(body);
  }
  expect(Buffer.concat(parts).equals(bytes)).toBe(true);
});

test.each(['bytes=0-1,5-6', 'bytes=', 'bytes=-', 'bytes=5-4', 'bytes=a-b', 'items=0-1', 'bytes 0-1', '0-1'])(
  'Range: %s asks for no single part, and gets the whole file',
  async (range) => {
    const { response, body } = await get({ range });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-range')).toBeNull();
    expect(body.equals(bytes)).toBe(true);
  },
);

test('a part that begins after the end is a 416 with the size of the file', async () => {
  for (const range of [`bytes=${bytes.length}-`, `bytes=${bytes.length}-${bytes.length + 1}`, 'bytes=-0']) {
    const { response, body } = await get({ range });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe(`bytes */${bytes.length}`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(JSON.parse(String(body)).error).toContain(`${bytes.length} bytes`);
  }
});

test('If-Range gets a part of the current file only; a 304 and a 412 come first, and HEAD has no parts', async () => {
  const etag = `"${image.sha256}"`;
  const range = 'bytes=0-9';
  expect((await get({ range, 'if-range': etag })).response.status).toBe(206);
  for (const other of ['"other"', `W/${etag}`, new Date().toUTCString()]) {
    expect((await get({ range, 'if-range': other })).response.status).toBe(200);
  }
  expect((await get({ range, 'if-none-match': etag })).response.status).toBe(304);
  expect((await get({ range, 'if-match': '"other"' })).response.status).toBe(412);
  const head = await fetch(image.originalUrl, { method: 'HEAD', headers: { range } });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
});

test('a part of a file that rotted is never sent to its end, wherever the damage is', async () => {
  const rotten = Buffer.from(bytes);
  rotten[bytes.length - 1] = (rotten[bytes.length - 1] ?? 0) ^ 1;
  await damageByLyingSpool(blobs, image.sha256, rotten);
  onTestFinished(() => damageByLyingSpool(blobs, image.sha256, bytes));
  const received = new Promise<number>((resolve, reject) => {
    const asked = request(image.originalUrl, { headers: { range: 'bytes=0-999' } }, (response) => {
      let count = 0;
      response.on('data', (chunk: Buffer) => (count += chunk.length));
      response.once('error', () => resolve(count));
      response.once('end', () => resolve(count));
    });
    asked.once('error', () => resolve(0));
    asked.setTimeout(10_000, () => reject(new Error('no end')));
    asked.end();
  });
  // the answer is a failure, or breaks off
  const count = await received;
  expect(count === 1_000).toBe(false);
});
