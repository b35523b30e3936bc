import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createLogs } from '../../src/web/log.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let link: string;
let failure: Error | undefined;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  server = await startTestServer(
    { LOG_LEVEL: 'info' },
    {
      logStream: { write: (line) => lines.push(JSON.parse(line)) },
      processor: (real) => ({
        inspect: (path) => real.inspect(path),
        render: (source, plan) => (failure ? Promise.reject(failure) : real.render(source, plan)),
      }),
    },
  );
  link = (await uploadImage(server, await photoJpeg())).link;
});
afterAll(() => server.close());
beforeEach(() => {
  failure = undefined;
  lines.length = 0;
});

const requestLines = () => lines.filter(({ msg }) => msg === 'request');

test.each([
  ['a variant that is made', '?size=30x30', 'GET', 200],
  ['a variant from memory', '?size=30x30', 'GET', 200],
  ['a HEAD', '?size=31x31', 'HEAD', 200],
  ['a refusal', '?size=no', 'GET', 400],
])('%s is one line, with the id that the client got', async (_, query, method, status) => {
  const response = await fetch(`${link}${query}`, { method });
  const { byteLength } = await response.arrayBuffer();
  await expect.poll(() => requestLines().length).toBe(1);
  const [line] = requestLines();
  expect(line).toMatchObject({ level: 30, method, route: '/images/:publicId', status });
  expect(line?.['reqId']).toBe(response.headers.get('x-request-id'));
  expect(line?.['ms']).toBeGreaterThanOrEqual(0);
  expect(line?.['bytes']).toBeGreaterThan(byteLength);
  expect(lines).toHaveLength(1);
});

test.each([
  ['an image', () => `GET ${new URL(link).pathname}?size=33x33 HTTP/1.1\r\nHost: localhost\r\n\r\n`],
  [
    'GraphQL',
    () =>
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{"query":"{ __typename }"}',
  ],
  ['an original', () => `GET /accounts/${accountId}/images/${accountId}/original HTTP/1.1\r\nHost: localhost\r\n\r\n`],
])('a connection that is reset behind a request for %s is no failure of the server', async (_, request) => {
  for (let time = 0; time < 20; time += 1) {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    await new Promise((resolve) => socket.write(request(), resolve));
    socket.resetAndDestroy();
  }
  await expect.poll(() => requestLines().length).toBeGreaterThan(0);
  // the server responds behind whatever came before
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  expect(lines.filter(({ level }) => level === 50)).toEqual([]);
});

test('a URL that no route can be looked up for is a line too', async () => {
  await fetch(`${server.url}/images/%zz`);
  await expect.poll(() => requestLines().length).toBe(1);
  expect(requestLines()[0]).toMatchObject({ route: 'none', status: 400 });
});

test('the line is the one that pino would write', () => {
  const written: string[] = [];
  const { log, logRequest } = createLogs('info', { write: (line) => written.push(line.replace(/"time":\d{13},/, '')) });
  const request = { reqId: randomUUID(), method: 'GET', route: '/a/:id(^\\d+"$)', status: 200, ms: 1.26, bytes: 512 };
  logRequest(request);
  log.info({ ...request, ms: 1.3 }, 'request');
  expect(written[0]).not.toContain('"time"');
  expect(written[0]).toBe(written[1]);
});

test.each([
  ['info', 1],
  ['warn', 0],
  ['silent', 0],
])('at the level %s requests are %i lines', (level, count) => {
  const written: string[] = [];
  const { logRequest } = createLogs(level, { write: (line) => written.push(line) });
  logRequest({ reqId: randomUUID(), method: 'GET', route: '/', status: 200, ms: 1, bytes: 1 });
  expect(written).toHaveLength(count);
});

test('an id that a client sends is not taken over', async () => {
  const response = await fetch(link, { headers: { 'x-request-id': 'forged' } });
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  await expect.poll(() => requestLines().length).toBe(1);
  expect(JSON.stringify(lines)).not.toContain('forged');
});

test('a failure is logged once with its cause, under the id that the client got, and masked', async () => {
  failure = new Error('secret cause');
  const response = await fetch(`${link}?size=32x32`);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('secret');
  await expect.poll(() => requestLines().length).toBe(1);
  const errors = lines.filter(({ level }) => level === 50);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ reqId: response.headers.get('x-request-id'), err: { message: 'secret cause' } });
});

test('a failure of a GraphQL request before it is executed is a 500 without data, and one line with its id', async () => {
  await rm(join(server.dataFolder, 'tmp'), { recursive: true });
  onTestFinished(async () => {
    await mkdir(join(server.dataFolder, 'tmp'));
  });
  const form = new FormData();
  form.set('operations', '{"query":"query($file: File) { __typename }","variables":{"file":null}}');
  form.set('map', '{"0":["variables.file"]}');
  form.set('0', new Blob(['x']), 'x');
  const headers = { 'apollo-require-preflight': '1', accept: 'application/graphql-response+json' };
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: form });
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({
    errors: [{ message: expect.stringContaining('X-Request-ID'), extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  });
  const failures = lines.filter(({ level }) => level === 50);
  expect(failures.map(({ reqId }) => reqId)).toEqual([response.headers.get('x-request-id')]);
});
