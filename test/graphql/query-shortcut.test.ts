import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RouteOptions } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { makeKey, revoke } from '../support/keys.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const body = JSON.stringify({ query: '{ limits { fileBytes } }' });
const result = '{"data":{"limits":{"fileBytes":16777216}}}';

/** A server that runs a query without the framework from its second time on, and counts what went through the framework. */
const start = async (environment: Record<string, string> = {}) => {
  let routed = 0;
  const onRoute = (route: RouteOptions) => {
    if (route.url !== '/graphql') return;
    route.onRequest = async () => {
      routed += 1;
    };
  };
  const server = await startTestServer(environment, { compileAfter: 1, directGraphql: true, onRoute });
  onTestFinished(() => server.close());
  return {
    server,
    takeRouted: () => {
      const count = routed;
      routed = 0;
      return count;
    },
  };
};

const open = async (server: TestServer) => {
  const socket: Socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1' }).setNoDelay();
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  return { socket, results: () => text.split(result).length - 1, text: () => text };
};

const head = (headers: Record<string, string | number> = {}, without: readonly string[] = []): string =>
  `POST /graphql HTTP/1.1\r\n${Object.entries({
    Host: 'localhost',
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    ...headers,
  })
    .filter(([name]) => !without.includes(name))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

test('many requests on one connection, also behind each other, are responded to in their order', async () => {
  const { server, takeRouted } = await start();
  const { socket, results, text } = await open(server);
  for (let round = 1; round <= 50; round += 1) {
    socket.write(head() + body);
    await expect.poll(results, { interval: 1, timeout: 10_000 }).toBe(round);
  }
  expect(takeRouted()).toBe(1);
  const other = JSON.stringify({ query: '{ __typename  }' });
  socket.write((head() + body + head({ 'Content-Length': other.length }) + other).repeat(20));
  await expect.poll(results, { timeout: 10_000 }).toBe(70);
  await expect.poll(() => text().split('"Query"').length - 1, { timeout: 10_000 }).toBe(20);
  const order = text()
    .match(/"fileBytes"|"Query"/g)
    ?.slice(50);
  expect(order).toEqual(Array.from({ length: 20 }, () => ['"fileBytes"', '"Query"']).flat());
});

test('a body that comes in pieces goes the long way, with nothing missing', async () => {
  const { server, takeRouted } = await start();
  const { socket, results } = await open(server);
  socket.write(head() + body);
  await expect.poll(results).toBe(1);
  for (const at of [0, 1, 10, body.length - 1]) {
    takeRouted();
    const before = results();
    socket.write(head() + body.slice(0, at));
    await sleep(30);
    socket.write(body.slice(at));
    await expect.poll(results).toBe(before + 1);
    expect(takeRouted()).toBe(1);
  }
});

test.each([
  [
    'is chunked',
    head({ 'Transfer-Encoding': 'chunked' }, ['Content-Length']) +
      `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    200,
  ],
  ['names another host', head({ Host: 'evil.example' }) + body, 403],
  ['names two hosts', head({ Host: 'localhost\r\nHost: localhost' }) + body, 400],
  ['is of a type that pages of other sites may send', head({ 'Content-Type': 'text/plain' }) + body, 403],
  ['is encoded', head({ 'Content-Encoding': 'gzip' }) + body, 415],
  ['has a query in its URL', (head() + body).replace('/graphql', '/graphql?query=%FF'), 400],
  ['is not valid UTF-8', `${head({ 'Content-Length': 3 })}"\xff"`, 400],
])('a request that %s goes the long way', async (_what, request, status) => {
  const { server, takeRouted } = await start();
  const { socket, results, text } = await open(server);
  socket.write(head() + body);
  await expect.poll(results).toBe(1);
  socket.write(head() + body);
  await expect.poll(results).toBe(2);
  expect(takeRouted()).toBe(1);
  socket.write(request, 'latin1');
  await expect
    .poll(() => [...text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => Number(code)))
    .toEqual([200, 200, status]);
});

test('a key is checked as on the long way: a wrong one once, and a revoked one within its second', async () => {
  const { server, takeRouted } = await start({ AUTH: 'keys', RATE_LIMIT_MAX: '0', FAILED_AUTHENTICATIONS_MAX: '3' });
  const key = await makeKey(server, { account: null, scopes: ['images.read'] });
  const ask = async (secret: string) => {
    const authorization = `Basic ${Buffer.from(`${key.id}:${secret}`).toString('base64')}`;
    const headers = { 'content-type': 'application/json', authorization };
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
    return [response.status, await response.text()] as const;
  };
  await ask(key.secret);
  takeRouted();
  expect(await ask(key.secret)).toEqual([200, result]);
  expect(takeRouted()).toBe(0);
  const statuses: number[] = [];
  for (let time = 0; time < 5; time += 1) statuses.push((await ask('wrong'))[0]);
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
  // others' failures do not lock out
  expect((await ask(key.secret))[0]).toBe(200);
  await revoke(server, key.id);
  await sleep(1_100);
  expect((await ask(key.secret))[0]).toBe(429);
});

test('a query that fails after it came often is reported in full', async () => {
  const { server } = await start();
  const failing = (first: number) =>
    server.query('query($first: PageSize) { metalImages(first: $first, after: "x") { totalCount } }', { first });
  const before = await failing(1);
  expect(before.errors?.[0]?.message).toContain('Accepts a cursor');
  expect(await failing(1)).toEqual(before);
  expect(await failing(2)).toEqual(before);
});
