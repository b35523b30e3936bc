import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploadImage } from '../support/image-operations.js';
import { taggedJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let bytes: Buffer;
let image: { originalUrl: string; imageId: string; publicId: string; sha256: string };
beforeAll(async () => {
  server = await startTestServer();
  bytes = await taggedJpeg({ width: 100, height: 80 });
  image = await uploadImage(server, bytes);
});
afterAll(() => server.close());

test('the original is the uploaded file to the byte, with its length and a name to save it by', async () => {
  const response = await fetch(image.originalUrl);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('image/jpeg');
  expect(response.headers.get('content-length')).toBe(String(bytes.length));
  expect(response.headers.get('content-disposition')).toBe('attachment; filename=file-0.jpg');
  expect(response.headers.get('cache-control')).toContain('private');
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  const received = Buffer.from(await response.arrayBuffer());
  expect(createHash('sha256').update(received).digest('hex')).toBe(image.sha256);
  // RFC 9530: a dictionary of digests, each a byte sequence
  expect(response.headers.get('repr-digest')).toBe(
    `sha-256=:${createHash('sha256').update(received).digest('base64')}:`,
  );
});

test('HEAD has the same headers, and a known tag is not sent again', async () => {
  const head = await fetch(image.originalUrl, { method: 'HEAD' });
  const { headers } = await fetch(image.originalUrl);
  for (const name of ['repr-digest', 'etag', 'content-type', 'content-disposition']) {
    expect(head.headers.get(name)).toBe(headers.get(name));
  }
  expect(head.headers.get('content-length')).toBe(String(bytes.length));
  const etag = head.headers.get('etag') ?? '';
  expect((await fetch(image.originalUrl, { headers: { 'if-none-match': etag } })).status).toBe(304);
});

test.each([
  ['an unknown image', () => `/accounts/${accountId}/images/${randomUUID()}/original`],
  ['an image of another account', () => `/accounts/${randomUUID()}/images/${image.imageId}/original`],
  ['what is no UUID', () => '/accounts/x/images/y/original'],
])('%s is 404 and not kept', async (_case, path) => {
  const response = await fetch(`${server.url}${path()}`);
  expect(response.status).toBe(404);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toEqual({ error: expect.any(String) });
});
