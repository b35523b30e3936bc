import { Agent, get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { HeldRenders } from '../support/held-renders.js';
import { uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { photoJpeg } from '../support/sample-images.js';
import { startTestServer } from '../support/test-server.js';

/**
 * Requests for a public image have two ways to their response: through Fastify with its hooks, and past it from memory. What a hook
 * guarantees has to hold on both.
 */
const start = async (variables: Record<string, string> = {}) => {
  const lines: Record<string, unknown>[] = [];
  const server = await startTestServer(
    { LOG_LEVEL: 'info', ...variables },
    { logStream: { write: (line) => lines.push(JSON.parse(line)) }, processor: new HeldRenders().processor },
  );
  onTestFinished(() => server.close());
  const { link } = await uploadImage(server, await photoJpeg({ width: 60, height: 40 }));
  lines.length = 0;
  return { server, link, lines };
};

interface Outcome {
  readonly status: number | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
}

/** Heads are repeated on connections that stay open only. */
const agent = new Agent({ keepAlive: true });
afterAll(() => agent.destroy());

/** Unlike `fetch`, it sends the Host that it is given. */
const ask = (url: string, headers: Record<string, string> = {}): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    get(url, { headers, agent }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => {
        const { date: _date, ...rest } = response.headers;
        resolve({ status: response.statusCode, headers: rest, bytes: Buffer.concat(chunks) });
      });
    }).once('error', reject);
  });

const withoutId = ({ headers: { 'x-request-id': _id, ...headers }, ...outcome }: Outcome) => ({ ...outcome, headers });

test.each([
  ['a response', (_etag: string) => ({})],
  ['a 304', (etag: string) => ({ 'if-none-match': etag })],
  ['a response to another origin', (_etag: string) => ({ origin: 'https://app.example' })],
])('%s is the same on both ways: headers, CORS, bytes, log line and count', async (_case, headersOf) => {
  const { server, link, lines } = await start({ CORS_ORIGINS: 'https://app.example' });
  const url = `${link}?size=20x20`;
  const etag = String((await ask(`${link}?size=20x20&fit=cover`)).headers['etag']);
  const count = () => readMetric(server, 'http_request_duration_seconds_count', { route: '/images/:publicId' });
  const counted = await count();
  lines.length = 0;
  // the first is new in its spelling and goes through Fastify, the others do not, and the last repeats a head
  const [long, ...short] = [
    await ask(url, headersOf(etag)),
    await ask(url, headersOf(etag)),
    await ask(url, headersOf(etag)),
  ];
  for (const each of short) expect(withoutId(each)).toEqual(long && withoutId(long));
  expect(new Set([long, ...short].map((each) => each?.headers['x-request-id'])).size).toBe(3);
  const requests = () => lines.filter(({ msg, route }) => msg === 'request' && route === '/images/:publicId');
  await expect.poll(requests).toHaveLength(3);
  expect(requests().map(({ reqId }) => reqId)).toEqual([long, ...short].map((each) => each?.headers['x-request-id']));
  const [{ time: _time, reqId: _reqId, ms: _ms, bytes: _bytes, ...first } = {}, ...rest] = requests();
  for (const line of rest) expect(line).toMatchObject(first);
  expect(await count()).toBe(counted + 3);
});

test('the host is judged on both ways', async () => {
  const { link } = await start();
  for (const _ of [1, 2, 3]) {
    expect((await ask(link, { host: 'localhost' })).status).toBe(200);
    expect((await ask(link, { host: 'evil.example' })).status).toBe(403);
  }
});

test('a public rate limit counts what is in memory', async () => {
  const { link } = await start({ PUBLIC_RATE_LIMIT_MAX: '3' });
  const statuses = [];
  for (let index = 0; index < 5; index += 1) statuses.push((await ask(link)).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
});

test('a precondition fails on both ways', async () => {
  const { link } = await start();
  for (const _ of [1, 2, 3]) {
    expect((await ask(link)).status).toBe(200);
    expect((await ask(link, { 'if-match': '"other"' })).status).toBe(412);
  }
});

test('a second Host and a compressed body are refused on both ways', async () => {
  const { link } = await start();
  const { hostname, port, pathname } = new URL(link);
  const statusOf = async (...lines: string[]): Promise<string> => {
    const socket = connect(Number(port), hostname);
    socket.write([`GET ${pathname} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...lines, '', ''].join('\r\n'));
    return (await text(socket)).split(' ')[1] ?? '';
  };
  for (const _ of [1, 2, 3]) {
    expect(await statusOf()).toBe('200');
    expect(await statusOf('Host: other.example')).toBe('400');
    expect(await statusOf('Content-Encoding: gzip', 'Content-Length: 1')).toBe('415');
  }
});

test('a proxy that names another host is judged on both ways', async () => {
  const { link } = await start({ TRUST_PROXY: 'loopback' });
  for (const _ of [1, 2, 3]) {
    expect((await ask(link, { 'x-forwarded-host': '127.0.0.1' })).status).toBe(200);
    expect((await ask(link)).status).toBe(200);
    expect((await ask(link, { 'x-forwarded-host': 'evil.example' })).status).toBe(403);
  }
});

test('only GET is served from memory', async () => {
  const { link } = await start();
  await ask(link);
  await ask(link);
  const status = (method: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(link, { method, agent: false }, (response) => resolve(response.resume().statusCode))
        .once('error', reject)
        .end();
    });
  expect([await status('POST'), await status('DELETE'), await status('OPTIONS'), await status('HEAD')]).toEqual([
    405, 405, 204, 200,
  ]);
});
