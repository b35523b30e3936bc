import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photoJpeg } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** By node:http: fetch would not send these headers. */
const upload = async (headers: Record<string, string>): Promise<number | undefined> => {
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(await photoJpeg({ width: 30, height: 30 }))]), 'photo.jpg');
  const encoded = new Response(form);
  const body = Buffer.from(await encoded.arrayBuffer());
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}/accounts/${accountId}/images`, {
      method: 'POST',
      headers: { 'content-type': encoded.headers.get('content-type') ?? '', 'content-length': body.length, ...headers },
    });
    sent.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    sent.end(body);
  });
};

test.each([
  { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
])('a form of another site cannot change anything: %j', async (headers) => {
  expect(await upload(headers as Record<string, string>)).toBe(403);
});

test('programs, and pages of this server, can', async () => {
  expect(await upload({})).toBe(201);
  expect(await upload({ 'sec-fetch-site': 'same-origin' })).toBe(409);
  expect(await upload({ origin: server.url })).toBe(409);
});

test('reading is open to every page', async () => {
  const { status } = await fetch(`${server.url}/accounts/${accountId}/images`, {
    headers: { 'sec-fetch-site': 'cross-site' },
  });
  expect(status).toBe(200);
});
