import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ GLEAN_ACCOUNT_ID: accountId });
});
afterAll(() => server.close());

const imageId = '00000000-0000-4000-8000-000000000000';
const form = { 'content-type': 'multipart/form-data; boundary=x', 'apollo-require-preflight': '1' };
const json = { 'content-type': 'application/json' };

/** Every kind of route that reads a body. */
const routes: [method: string, path: string, headers: Record<string, string>][] = [
  ['POST', '/graphql', json],
  ['POST', '/graphql', form],
  ['POST', `/accounts/${accountId}/images`, form],
  ['PATCH', `/accounts/${accountId}/images/${imageId}`, form],
  ['PUT', `/accounts/${accountId}/images/${imageId}`, form],
  ['PUT', `/accounts/${accountId}/images/${imageId}/metadata`, json],
  ['POST', '/rest/api/v1/uploadimage?type=UGC', { 'content-type': 'image/png' }],
  ['PUT', '/metal/v1/image', json],
  ['POST', '/v1/image/find', json],
  ['POST', '/oauth2/token', { 'content-type': 'application/x-www-form-urlencoded' }],
];

const send = (method: string, path: string, headers: Record<string, string>, body: BodyInit) =>
  fetch(server.url + path, { method, headers, body });

test.each(routes)('%s %s with a compressed body is 415 and names what is accepted', async (method, path, headers) => {
  for (const coding of ['gzip', 'BR', 'identity, deflate', 'unknown']) {
    const response = await send(method, path, { ...headers, 'content-encoding': coding }, gzipSync('{"query":"{x}"}'));
    expect(response.headers.get('accept-encoding')).toBe('identity');
    expect(response.headers.get('x-request-id')).toBeTruthy();
    expect(await response.text()).toContain('identity');
    expect(response.status).toBe(415);
  }
});

test('a large compressed body is refused without being spooled, and the client sees the response', async () => {
  const headers = { ...form, 'content-encoding': 'gzip' };
  const response = await send('POST', '/graphql', headers, new Uint8Array(5_000_000));
  expect(response.status).toBe(415);
  expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
});

test('a body that says identity, and a request without a body, are served', async () => {
  const query = JSON.stringify({ query: '{ __typename }' });
  for (const coding of ['identity', '', ' Identity ']) {
    expect((await send('POST', '/graphql', { ...json, 'content-encoding': coding }, query)).status).toBe(200);
  }
  expect((await fetch(`${server.url}/health/live`, { headers: { 'content-encoding': 'gzip' } })).status).toBe(200);
});
