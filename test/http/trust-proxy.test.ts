import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.js';
import { HeldRenders } from '../support/held-renders.js';
import { uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { photoJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const start = async (variables: Record<string, string>, renders = new HeldRenders()) => {
  server = await startTestServer(variables, { processor: renders.processor });
  const { link } = await uploadImage(server, await photoJpeg({ width: 60, height: 40 }));
  return { server, link, path: new URL(link).pathname };
};

/** Unlike `fetch`, it sends the Host that it is given. */
const send = (url: string, headers: Record<string, string>, method = 'GET'): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(url, { headers, method, agent: false }, (response) => resolve(response.resume().statusCode))
      .once('error', reject)
      .end();
  });

describe('the configuration', () => {
  test.each([
    ['loopback', ['loopback']],
    ['10.0.0.5, 192.168.0.0/16,fd00::/8', ['10.0.0.5', '192.168.0.0/16', 'fd00::/8']],
  ])('%s is accepted', (text, trustedProxies) => {
    expect(parseConfig({ TRUST_PROXY: text })).toMatchObject({ trustedProxies });
  });

  test('is to trust nobody', () => expect(parseConfig({}).trustedProxies).toEqual([]));

  test.each(['yes', '10.0.0.0/33', 'proxy.example.com', '1.2.3.4;5.6.7.8', '10.0.0.1,', ','])(
    '%s is refused',
    (text) => {
      expect(() => parseConfig({ TRUST_PROXY: text })).toThrow(/TRUST_PROXY=.*addresses and networks/);
    },
  );

  test.each(['1', '2', 'true', '*'])('%s, which any client could exploit, is refused and why is said', (text) => {
    expect(() => parseConfig({ TRUST_PROXY: text })).toThrow(/number of hops is not accepted/);
  });
});

describe('the address', () => {
  const call = (url: string, forwardedFor: string) =>
    send(`${url}/accounts/${accountId}/images`, { 'x-forwarded-for': forwardedFor });

  test('of a client behind a trusted proxy is its own', async () => {
    const { server } = await start({ TRUST_PROXY: 'loopback', RATE_LIMIT_MAX: '1' });
    const statuses = [];
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '2001:db8::1', '2001:db8::2']) {
      statuses.push(await call(server.url, address));
    }
    // the last two are of one /64
    expect(statuses).toEqual([200, 200, 429, 200, 429]);
  });

  test('that a client writes in front of the proxy does not count', async () => {
    const { server } = await start({ TRUST_PROXY: 'loopback', RATE_LIMIT_MAX: '1' });
    expect(await call(server.url, '192.0.2.9, 192.0.2.1')).toBe(200);
    expect(await call(server.url, '192.0.2.10, 192.0.2.1')).toBe(429);
  });

  test.each([{}, { TRUST_PROXY: '192.0.2.0/24' }])('that anybody else forwards is ignored: %o', async (variables) => {
    const { server } = await start({ ...variables, RATE_LIMIT_MAX: '2' });
    // the upload was the first
    expect(await call(server.url, '192.0.2.1')).toBe(200);
    expect(await call(server.url, '192.0.2.2')).toBe(429);
  });

  test('is what renders are shared by', async () => {
    const renders = new HeldRenders();
    const { server, link } = await start(
      { TRUST_PROXY: 'loopback', RENDER_CONCURRENCY: '1', RENDER_QUEUE: '2' },
      renders,
    );
    renders.hold();
    const from = (address: string, side: number) =>
      send(`${link}?size=${side}x${side}`, { 'x-forwarded-for': address });
    const flood = [1, 2, 3].map((index) => from('192.0.2.1', 10 + index));
    await expect.poll(() => readMetric(server, 'queue_waiting', { queue: 'render' })).toBe(2);
    expect(await from('192.0.2.1', 20)).toBe(503);
    const others = [from('192.0.2.2', 21), from('192.0.2.3', 22)];
    await expect.poll(() => renders.begun).toBe(2);
    renders.release();
    expect(await Promise.all(others)).toEqual([200, 200]);
    await Promise.all(flood);
  });
});

describe('the host', () => {
  test('that a trusted proxy was asked for is judged by an open server, also for what is in memory', async () => {
    const { server, path } = await start({ TRUST_PROXY: 'loopback' });
    for (const target of [`${path}?size=20x20`, '/graphql?query={__typename}']) {
      const ask = (forwarded: string) =>
        send(server.url + target, { host: 'localhost', 'x-forwarded-host': forwarded });
      // twice, so that it is in memory
      for (const _ of [1, 2]) expect(await ask('127.0.0.1:8080')).toBe(200);
      for (const _ of [1, 2]) expect(await ask('evil.example')).toBe(403);
      expect(await send(server.url + target, { host: 'localhost' })).toBe(200);
    }
  });

  test('that anybody else forwards is ignored', async () => {
    const { server, path } = await start({});
    for (const _ of [1, 2]) {
      expect(await send(server.url + path, { host: 'localhost', 'x-forwarded-host': 'evil.example' })).toBe(200);
      expect(await send(server.url + path, { host: 'evil.example', 'x-forwarded-host': 'localhost' })).toBe(403);
    }
  });

  test('lets a page of that host change something through the proxy, and no other page', async () => {
    const { server } = await start({ TRUST_PROXY: 'loopback' });
    const remove = (origin: string) =>
      send(
        `${server.url}/accounts/${accountId}/images/00000000-0000-4000-8000-000000000000`,
        { origin, 'x-forwarded-host': 'localhost:8080' },
        'DELETE',
      );
    expect(await remove('http://localhost:8080')).toBe(404);
    expect(await remove('https://evil.example')).toBe(403);
    // the name that the proxy uses
    expect(await remove(server.url)).toBe(403);
  });
});
