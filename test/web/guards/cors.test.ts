import { request } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { photoJpeg } from '../../support/sample-images.js';
import { accountId, startTestServer } from '../../support/test-server.js';

const start = async (variables: Record<string, string> = {}) => {
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  return server;
};

const preflight = (url: string, origin: string) =>
  fetch(`${url}/graphql`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  });

test('no page of another origin may call GraphQL unless it is configured', async () => {
  const { url } = await start();
  const response = await preflight(url, 'https://app.example');
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
});

test('a configured origin may call GraphQL, and no other', async () => {
  const { url } = await start({ CORS_ORIGINS: 'https://app.example,https://other.example' });
  const allowed = await preflight(url, 'https://app.example');
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect((await preflight(url, 'https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { origin: 'https://app.example', 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ __typename }' }),
  });
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect(answer.headers.get('x-request-id')).toBeTruthy();
});

describe('with a configured origin', () => {
  const origin = 'https://app.example';
  const ask = async (url: string, path: string, init: RequestInit = {}) =>
    fetch(url + path, { ...init, headers: { origin, ...init.headers } });

  test('every route that the preflight allows lets the page read its response, failures included', async () => {
    const { url } = await start({ CORS_ORIGINS: origin, AUTH: 'keys' });
    for (const [method, path, status] of [
      ['GET', `/accounts/${accountId}/images/${accountId}/original`, 401],
      ['GET', `/accounts/${accountId}/images`, 401],
      // what metal-stack's API says to a caller without a key
      ['PUT', '/metal/v1/image', 403],
      ['DELETE', '/metal/v1/image/x', 403],
      ['POST', `/accounts/${accountId}/images`, 401],
      ['PATCH', `/accounts/${accountId}/images/${accountId}`, 401],
      ['GET', '/schema.graphql', 200],
      ['GET', '/openapi.json', 200],
      ['GET', '/', 200],
      ['PUT', '/graphql/stream', 201],
      ['DELETE', '/graphql', 405],
      ['GET', '/nothing', 404],
    ] as const) {
      const allowed = await fetch(url + path, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization' },
      });
      expect(allowed.headers.get('access-control-allow-origin'), path).toBe(origin);
      expect(allowed.headers.get('access-control-allow-methods')).toContain(method);
      expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
      const response = await ask(url, path, { method });
      expect([response.status, response.headers.get('access-control-allow-origin')], path).toEqual([status, origin]);
      expect(response.headers.get('vary'), path).toMatch(/\bOrigin\b/);
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  test('another origin reads nothing, and caches know that it depends on the origin', async () => {
    const { url } = await start({ CORS_ORIGINS: origin });
    for (const path of ['/', '/schema.graphql', '/openapi.json', `/accounts/${accountId}/images`]) {
      const response = await ask(url, path, { headers: { origin: 'https://evil.example' } });
      expect(response.headers.get('access-control-allow-origin'), path).toBeNull();
      expect(response.headers.get('vary'), path).toMatch(/\bOrigin\b/);
    }
  });

  test('fetch(originalUrl) works, and public images stay readable by all', async () => {
    const server = await start({ CORS_ORIGINS: origin });
    const bytes = await photoJpeg();
    const { data } = await server.upload(
      `mutation($file: File!) { uploadImage(input: { accountId: "${accountId}", file: $file }) { ... on UploadImagePayload { image { originalUrl link } } } }`,
      { file: null },
      { file: bytes },
    );
    const { originalUrl, link } = data.uploadImage.image;
    const original = await ask(originalUrl, '');
    expect(original.headers.get('access-control-allow-origin')).toBe(origin);
    expect(original.headers.get('access-control-expose-headers')).toMatch(/ETag.*Content-Disposition/);
    expect(Buffer.from(await original.arrayBuffer())).toEqual(Buffer.from(bytes));
    for (const asking of [origin, 'https://evil.example']) {
      const image = await fetch(link, { headers: { origin: asking } });
      expect(image.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  test('its pages may change things by the plain routes, and those of no other', async () => {
    const { url } = await start({ CORS_ORIGINS: origin });
    const statusFor = (from: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        // by node:http: fetch would not send these headers
        const headers = { origin: from, 'sec-fetch-site': 'cross-site' };
        request(`${url}/metal/v1/image/x`, { method: 'DELETE', headers })
          .on('response', (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end();
      });
    expect(await statusFor(origin)).not.toBe(403);
    for (const other of ['https://evil.example', `${origin}.evil.example`, 'null', '']) {
      expect(await statusFor(other)).toBe(403);
    }
  });
});
