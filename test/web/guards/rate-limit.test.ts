import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Credentials } from '../../../src/domain/identity/api-key.js';
import { clientAt, limitRates } from '../../../src/web/guards/rate-limit.js';
import { createBareServer } from '../../support/bare-server.js';
import { uploadImage } from '../../support/image-operations.js';
import { bearer, makeKey } from '../../support/keys.js';
import { plainPng } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const list = (url: string) => fetch(`${url}/accounts/${accountId}/images`);
const photo = () => plainPng({ width: 20, height: 10 }, [1, 2, 3]);
const limitHeaders = (response: Response) =>
  ['ratelimit-limit', 'ratelimit-remaining'].map((name) => response.headers.get(name));

test('a server that requires no key limits nobody unless it is configured to', async () => {
  server = await startTestServer();
  const image = await uploadImage(server, await photo());
  for (const response of [await list(server.url), await fetch(image.link)]) {
    expect(limitHeaders(response)).toEqual([null, null]);
  }
});

describe('with a limit', () => {
  test('responses say what is left, and beyond it when to come back, in the form of each API', async () => {
    server = await startTestServer({ RATE_LIMIT_MAX: '2' });
    expect(limitHeaders(await list(server.url))).toEqual(['2', '1']);
    expect(limitHeaders(await list(server.url))).toEqual(['2', '0']);
    const refused = await list(server.url);
    expect(refused.status).toBe(429);
    expect(limitHeaders(refused)).toEqual(['2', '0']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await refused.json()).toEqual({ error: expect.stringContaining('Too many requests') });

    const { status, errors } = await server.query('{ __typename }');
    expect([status, errors?.[0]?.message]).toEqual([429, expect.stringContaining('Too many requests')]);
  });

  test('a refused upload gets a response although its body is on its way', async () => {
    server = await startTestServer({ RATE_LIMIT_MAX: '1' });
    await list(server.url);
    const body = new FormData();
    body.set('image', new Blob([new Uint8Array(12_000_000)]), 'large.png');
    const response = await fetch(`${server.url}/accounts/${accountId}/images`, { method: 'POST', body });
    expect([response.status, await response.json()]).toEqual([429, { error: expect.any(String) }]);
  });

  test('what watches the server asks as often as it likes', async () => {
    server = await startTestServer({ RATE_LIMIT_MAX: '1' });
    for (const path of ['/health/live', '/health/live', '/health/ready', '/metrics']) {
      const response = await fetch(server.url + path);
      expect([response.status, ...limitHeaders(response)]).toEqual([200, null, null]);
    }
  });

  test('public images have a limit of their own, and only where one is set', async () => {
    server = await startTestServer({ RATE_LIMIT_MAX: '2' });
    const { link } = await uploadImage(server, await photo());
    for (let times = 0; times < 4; times += 1) expect(limitHeaders(await fetch(link))).toEqual([null, null]);
    await server.close();

    server = await startTestServer({ PUBLIC_RATE_LIMIT_MAX: '1' });
    const image = await uploadImage(server, await photo());
    const first = await fetch(image.link);
    expect([first.status, ...limitHeaders(first)]).toEqual([200, '1', '0']);
    const refused = await fetch(image.link);
    expect([refused.status, await refused.json()]).toEqual([429, { error: expect.any(String) }]);
    expect(limitHeaders(await list(server.url))).toEqual([null, null]);
  });
});

test('originals count as requests of the key', async () => {
  server = await startTestServer({ AUTH: 'keys', RATE_LIMIT_MAX: '2' });
  const [one, other] = [
    await makeKey(server, { account: accountId, scopes: ['images.read'] }),
    await makeKey(server, { account: accountId, scopes: ['images.read'] }),
  ];
  const ask = async (key: Credentials) =>
    (await fetch(`${server?.url}/accounts/${accountId}/images/${accountId}/original`, { headers: bearer(key) })).status;
  expect([await ask(one), await ask(one), await ask(one)]).toEqual([404, 404, 429]);
  expect(await ask(other)).toBe(404);
});

test('a closed connection has no address, and its clients count as one', () => {
  expect([clientAt(undefined), clientAt('10.0.0.1'), clientAt('2001:db8::1')]).toEqual(['', '10.0.0.1', '2001:db8::']);
});

test('each key has a share of its own, and so has each address without one', async () => {
  const fastify = createBareServer();
  await limitRates(fastify, {
    perMinute: 1,
    publicPerMinute: 0,
    keyOf: ({ headers }) => (headers['x-verified-key'] as string | undefined) ?? null,
  });
  fastify.get('/', async () => 'ok');
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const { port } = fastify.server.address() as AddressInfo;
  const ask = async (key?: string) =>
    (await fetch(`http://127.0.0.1:${port}/`, { headers: key ? { 'x-verified-key': key } : {} })).status;
  expect([await ask('a'), await ask('b'), await ask()]).toEqual([200, 200, 200]);
  expect([await ask('a'), await ask('b'), await ask()]).toEqual([429, 429, 429]);
  await fastify.close();
});
