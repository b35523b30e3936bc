import { once } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { file, map, multipartBody, multipartType, operations } from './multipart-body.js';
import { open, requestHead, responseOn } from './raw-request.js';
import { startUploadServer, type UploadServer } from './upload-server.js';

let server: UploadServer;
let slowBegan: Promise<void>;
let finishSlow: () => void;

beforeEach(async () => {
  let begin: () => void;
  slowBegan = new Promise((resolve) => {
    begin = resolve;
  });
  const slow = new Promise<void>((resolve) => {
    finishSlow = resolve;
  });
  server = await startUploadServer({}, () => {
    begin();
    return slow;
  });
});
afterEach(() => server.close());

const spoolIsEmpty = () => vi.waitFor(async () => expect(await server.spool.files()).toEqual([]), 10_000);
const spooling = () => vi.waitFor(async () => expect(await server.spool.files()).toHaveLength(2), 10_000);

it('a client that leaves in the middle of its second file leaves no file behind', async () => {
  const body = multipartBody([
    operations({ query: '{ hello }', variables: { files: [null, null] } }),
    map({ a: ['variables.files.0'], b: ['variables.files.1'] }),
    file('a'),
    file('b', Buffer.alloc(100_000)),
  ]);
  const socket = await open(server.port);
  socket.write(requestHead({ 'Content-Length': body.length }));
  socket.write(body.subarray(0, body.length - 50_000));
  await spooling();
  socket.destroy();
  await spoolIsEmpty();
});

it('a client that closes too early leaves no file behind', async () => {
  const body = multipartBody([operations(), map(), file('0', Buffer.alloc(100_000))]);
  const socket = await open(server.port);
  socket.write(requestHead({ 'Content-Length': body.length }));
  socket.end(body.subarray(0, body.length - 50_000));
  await responseOn(socket);
  expect(server.spool.begun).toBe(1);
  await spoolIsEmpty();
});

it('a client that leaves before the first part leaves the server well', async () => {
  const socket = await open(server.port);
  socket.write(requestHead({ 'Content-Length': 1000 }));
  socket.destroy();
  await once(socket, 'close');
  expect((await fetch(`${server.url}?query={hello}`)).status).toBe(200);
});

it('a file that is in use stays until its operation has ended, also when the client leaves', async () => {
  const query = 'mutation ($file: File!) { slow(file: $file) { spooled } }';
  const body = multipartBody([operations({ query, variables: { file: null } }), map(), file()]);
  const socket = await open(server.port);
  socket.write(requestHead({ 'Content-Length': body.length }));
  socket.write(body);
  await slowBegan;
  socket.destroy();
  await once(socket, 'close');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await server.spool.files()).toHaveLength(1);
  finishSlow();
  await spoolIsEmpty();
});

it('a disk that fails is masked and leaves no file behind', async () => {
  const body = multipartBody([
    operations({ query: '{ hello }', variables: { files: [null, null] } }),
    map({ a: ['variables.files.0'], b: ['variables.files.1'] }),
    file('a'),
    file('b'),
  ]);
  const receive = server.spool.receive;
  server.spool.receive = async (stream, limitBytes) => {
    if (server.spool.begun === 1) throw new Error('ENOSPC: /tmp is full');
    return receive(stream, limitBytes);
  };
  const socket = await open(server.port);
  const answer = responseOn(socket);
  socket.write(requestHead({ 'Content-Length': body.length }));
  socket.write(body);
  expect(await answer).toMatch(/^HTTP\/1\.1 500 .*"The server failed\./s);
  await spoolIsEmpty();
});

it('a file that cannot be removed does not make a failure of an operation that succeeded', async () => {
  const discard = server.spool.discard;
  server.spool.discard = async (file) => {
    await discard(file);
    throw new Error('EIO');
  };
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': multipartType, 'apollo-require-preflight': '1' },
    body: new Uint8Array(multipartBody([operations(), map(), file()])),
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ data: { upload: { byteSize: 5 } } });
});
