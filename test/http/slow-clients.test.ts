import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { file, map, multipartBody, operations } from '../graphql/uploads/multipart-body.js';
import { open, requestHead, responseOn } from '../graphql/uploads/raw-request.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const patienceMs = 300;

let server: TestServer;
let port: number;
beforeAll(async () => {
  server = await startTestServer(
    {},
    { timeouts: { headers: patienceMs, bodyInactivity: patienceMs, keepAlive: patienceMs, check: 50 } },
  );
  port = Number(new URL(server.url).port);
});
afterAll(() => server.close());

const longSilenceMs = 10_000;
const spooled = () => readdir(join(server.dataFolder, 'tmp'));
const query = 'mutation ($file: File!) { __typename }';
const body = multipartBody([operations({ query, variables: { file: null } }), map(), file('0', Buffer.alloc(200_000))]);

test('a client that dribbles its headers gets 408 and is closed', async () => {
  const socket = await open(port);
  socket.write('GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
  expect(await responseOn(socket, longSilenceMs)).toMatch(/^HTTP\/1\.1 408 /);
  expect(socket.closed).toBe(true);
});

test('a connection that says nothing at all is closed', async () => {
  const socket = await open(port);
  await responseOn(socket, longSilenceMs);
  expect(socket.closed).toBe(true);
});

test('a kept connection is closed when nothing more comes', async () => {
  const socket = await open(port);
  socket.write('GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  expect(await responseOn(socket, longSilenceMs)).toMatch(/^HTTP\/1\.1 200 .*"live"/s);
  expect(socket.closed).toBe(true);
});

test('an upload that stalls is ended and leaves no file', async () => {
  const socket = await open(port);
  const response = responseOn(socket, longSilenceMs);
  socket.write(requestHead({ 'Content-Length': body.length }));
  socket.write(body.subarray(0, 100_000));
  await expect.poll(spooled).toHaveLength(1);
  expect(await response).toMatch(/^HTTP\/1\.1 408 /);
  await expect.poll(spooled).toEqual([]);
});

test('a JSON body that stalls is ended', async () => {
  const socket = await open(port);
  socket.write(
    'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  );
  expect(await responseOn(socket, longSilenceMs)).toMatch(/^HTTP\/1\.1 408 /);
});

test('an upload that is slow but moves is taken', async () => {
  const socket = await open(port);
  const response = responseOn(socket, longSilenceMs);
  socket.write(requestHead({ 'Content-Length': body.length, Connection: 'close' }));
  const pieces = 8;
  for (let piece = 0; piece < pieces; piece += 1) {
    socket.write(body.subarray((piece * body.length) / pieces, ((piece + 1) * body.length) / pieces));
    await sleep(patienceMs / 4);
  }
  expect(await response).toMatch(/^HTTP\/1\.1 200 /);
});

test('200 idle connections do not stop the rest', async () => {
  const sockets = await Promise.all(Array.from({ length: 200 }, () => open(port)));
  for (const socket of sockets) socket.write('GET /health/live HTTP/1.1\r\n');
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  expect((await server.query('{ limits { fileBytes } }')).status).toBe(200);
  await Promise.all(sockets.map((socket) => (socket.closed ? undefined : once(socket.resume(), 'close'))));
});
