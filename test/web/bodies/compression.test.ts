import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { photoJpeg } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ AUTH: 'open', CONSOLE: 'off' });
});
afterAll(() => server.close());

interface Received {
  readonly status: number | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
}

/** By node:http, which decodes nothing. */
const get = (path: string, headers: Record<string, string> = {}, body?: string): Promise<Received> =>
  new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(server.url + path, { method, headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) });
    });
    sent.on('error', reject).end(body);
  });

const introspection = JSON.stringify({
  query: '{ __schema { types { name description fields { name description } } } }',
});
const json = { 'content-type': 'application/json' };

const large: [string, Record<string, string>, string | undefined][] = [
  ['/graphql', json, introspection],
  ['/schema.graphql', {}, undefined],
  ['/openapi.json', {}, undefined],
  ['/', { accept: 'text/html' }, undefined],
];

describe.each(large)('a large text at %s', (path, headers, body) => {
  test.each([
    ['br, gzip, deflate, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
  ] as const)('is smaller for a client that accepts %s, and the same', async (accept, encoding, decode) => {
    const plain = await get(path, headers, body);
    const packed = await get(path, { ...headers, 'accept-encoding': accept }, body);
    expect(packed.headers['content-encoding']).toBe(encoding);
    expect(packed.bytes.byteLength).toBeLessThan(plain.bytes.byteLength / 2);
    expect(decode(packed.bytes)).toEqual(plain.bytes);
    // caches on the way keep one for each
    for (const { headers } of [plain, packed]) expect(headers['vary']).toMatch(/Accept-Encoding/);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['etag']).toSatisfy((etag) => etag === undefined || etag.startsWith('W/'));
  });

  test.each(['identity', 'br;q=0, gzip;q=0', 'deflate'])('is sent as it is for Accept-Encoding %s', async (accept) => {
    const { headers: received } = await get(path, { ...headers, 'accept-encoding': accept }, body);
    expect(received['content-encoding']).toBeUndefined();
  });
});

test('a tag of a compressed response is recognised', async () => {
  for (const path of ['/schema.graphql', '/openapi.json']) {
    const { headers } = await get(path, { 'accept-encoding': 'br' });
    const again = await get(path, { 'accept-encoding': 'br', 'if-none-match': String(headers['etag']) });
    expect([again.status, again.bytes.byteLength]).toEqual([304, 0]);
  }
});

test('a small text, an image and a stream of events are never compressed', async () => {
  const small = await get('/graphql', { ...json, 'accept-encoding': 'br' }, '{"query":"{ __typename }"}');
  expect(small.headers['content-encoding']).toBeUndefined();
  const uploaded = await server.upload(
    `mutation($file: File!) { uploadImage(input: { accountId: "${accountId}", file: $file }) { ... on UploadImagePayload { image { link originalUrl } } } }`,
    { file: null },
    { file: await photoJpeg() },
  );
  for (const url of Object.values(uploaded.data.uploadImage.image) as string[]) {
    const { headers, bytes } = await get(url.replace(server.url, ''), { 'accept-encoding': 'br, gzip' });
    expect(headers['content-type']).toBe('image/jpeg');
    expect(headers['content-encoding']).toBeUndefined();
    expect(bytes.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  }
  const query = `subscription { imageChanged(accountId: "${accountId}") { kind } }`;
  const leaving = new AbortController();
  const stream = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { ...json, accept: 'text/event-stream', 'accept-encoding': 'br, gzip' },
    body: JSON.stringify({ query }),
    signal: leaving.signal,
  });
  expect(stream.headers.get('content-encoding')).not.toMatch(/br|gzip/);
  leaving.abort();
});
