import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { file, map, multipartBody, operations } from '../graphql/uploads/multipart-body.js';
import { requestHead } from '../graphql/uploads/raw-request.js';
import { HeldRenders } from '../support/held-renders.js';
import { uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { photoJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let renders: HeldRenders;
let path: string;
beforeEach(async () => {
  renders = new HeldRenders();
  server = await startTestServer({ RENDER_CONCURRENCY: '1' }, { processor: renders.processor });
  path = new URL((await uploadImage(server, await photoJpeg({ width: 60, height: 40 }))).link).pathname;
});
afterEach(async () => {
  renders.release();
  await server.close();
});

const open = async (): Promise<Socket> => {
  const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
};

/** Sends, shuts the writing side, and resolves with all that the server sends until it closes. */
const askAndShut = async (sent: string | Buffer): Promise<string> => {
  const socket = await open();
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  socket.end(sent);
  await once(socket, 'end');
  return text;
};

/** The status lines without the interim responses that may precede any final one. */
const statusesIn = (text: string) =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)).filter((status) => status >= 200);

const get = (target: string, version = '1.1') => `GET ${target} HTTP/${version}\r\nHost: localhost\r\n\r\n`;

test('a client that shuts its writing side after the request gets its response', async () => {
  for (const version of ['1.1', '1.0']) {
    expect(statusesIn(await askAndShut(get('/health/live', version)))).toEqual([200]);
    expect(statusesIn(await askAndShut(get('/graphql?query={__typename}', version)))).toEqual([200]);
    expect(statusesIn(await askAndShut(get(`${path}?size=30x30`, version)))).toEqual([200]);
    // from memory
    expect(statusesIn(await askAndShut(get(`${path}?size=30x30`, version)))).toEqual([200]);
  }
});

test('one whose render takes long gets the whole image too', async () => {
  renders.hold();
  const pending = askAndShut(get(`${path}?size=31x31`));
  await expect.poll(() => renders.begun).toBe(1);
  renders.release();
  const text = await pending;
  expect(statusesIn(text)).toEqual([200]);
  const [, length] = /content-length: (\d+)/i.exec(text) ?? [];
  expect(text.slice(text.lastIndexOf('\r\n\r\n') + 4).length).toBe(Number(length));
});

test('one that uploads gets the stored image', async () => {
  const query = `mutation ($file: File!) { uploadImage(input: { accountId: "${accountId}", file: $file }) { __typename } }`;
  const body = multipartBody([
    operations({ query, variables: { file: null } }),
    map(),
    file('0', await photoJpeg({ width: 61, height: 40 })),
  ]);
  const text = await askAndShut(Buffer.concat([Buffer.from(requestHead({ 'Content-Length': body.length })), body]));
  expect(statusesIn(text)).toEqual([200]);
  expect(text).toContain('{"__typename":"UploadImagePayload"}');
});

test('each of several pipelined requests gets its response before the connection ends', async () => {
  const text = await askAndShut([get('/health/live'), get(`${path}?size=32x32`), get('/nowhere')].join(''));
  expect(statusesIn(text)).toEqual([200, 200, 404]);
});

test('a client that has left altogether is noticed while its render waits, and the render is dropped', async () => {
  renders.hold();
  const running = askAndShut(get(`${path}?size=33x33`));
  await expect.poll(() => renders.begun).toBe(1);
  const leaving = await open();
  leaving.write(get(`${path}?size=34x34`));
  const waiting = () => readMetric(server, 'queue_waiting', { queue: 'render' });
  await expect.poll(waiting).toBe(1);
  leaving.destroy();
  await expect.poll(waiting).toBe(0);
  renders.release();
  expect(statusesIn(await running)).toEqual([200]);
  expect(renders.begun).toBe(1);
});

test('an event stream whose client has left is ended without waiting for an event', async () => {
  const socket = await open();
  const body = JSON.stringify({ query: `subscription { imageChanged(accountId: "${accountId}") { kind } }` });
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await once(socket, 'data');
  const ended = () => readMetric(server, 'http_request_duration_seconds_count', { route: '/graphql', status: '499' });
  const before = await ended();
  socket.destroy();
  await expect.poll(ended).toBe(before + 1);
});
