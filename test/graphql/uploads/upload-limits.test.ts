import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { file, map, multipartBody, multipartType, operations } from './multipart-body.js';
import { chunk, open, requestHead, responseOn } from './raw-request.js';
import { startUploadServer, type UploadServer } from './upload-server.js';

const mebibyte = 1024 * 1024;
let server: UploadServer;
let socket: Socket | undefined;
afterEach(async () => {
  socket?.destroy();
  expect(await server.spool.files()).toEqual([]);
  await server.close();
});

async function post(body: Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(server.url, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': multipartType, 'x-graphql-yoga-csrf': '1', ...headers },
  });
  return { status: response.status, body: await response.json() };
}

/** Sends the beginning of an upload and then, as fast as it is taken, bytes of its file, until the connection ends. */
async function stream(to: Socket, bytes: number): Promise<void> {
  const ended = new Promise((resolve) => to.once('close', resolve));
  const taken = () => new Promise((resolve) => to.write(piece, resolve));
  to.write(chunk(multipartBody([operations(), map(), file('0', '')], '').subarray(0, -2)));
  const piece = chunk(Buffer.alloc(mebibyte));
  for (let sent = 0; sent < bytes && !to.destroyed; sent += mebibyte) await Promise.race([taken(), ended]);
}

describe('a file over its limit', () => {
  it('is drained and reaches the resolver as too large, along with one that fits', async () => {
    server = await startUploadServer();
    const query = 'mutation ($files: [File!]!) { uploadAll(files: $files) { tooLarge byteSize } }';
    const { status, body } = await post(
      multipartBody([
        operations({ query, variables: { files: [null, null] } }),
        map({ a: ['variables.files.0'], b: ['variables.files.1'] }),
        file('a', Buffer.alloc(17 * mebibyte)),
        file('b', Buffer.alloc(16 * mebibyte)),
      ]),
    );
    expect(status).toBe(200);
    expect(body.data.uploadAll).toEqual([
      { tooLarge: true, byteSize: null },
      { tooLarge: false, byteSize: 16 * mebibyte },
    ]);
  });
});

describe('"operations" and "map" over their limit', () => {
  it.each([
    ['one of them', [operations({ query: 'x'.repeat(300) }), map()]],
    [
      'both together',
      [operations({ query: 'x'.repeat(80), variables: { file: null } }), map({ 0: ['x'.repeat(100)] })],
    ],
    ['in bytes, not characters', [operations({ query: 'ä'.repeat(100) }), map()]],
  ])('are 413: %s', async (_case, parts) => {
    server = await startUploadServer({ operationsBytes: 200 });
    const { status, body } = await post(multipartBody([...parts, file()]));
    expect(status).toBe(413);
    expect(body.errors[0].message).toBe('"operations" and "map" together take at most 200 bytes.');
  });
});

describe('a request over its limit', () => {
  it('is 413 by its Content-Length, before anything is spooled', async () => {
    server = await startUploadServer({ requestBytes: 1000 });
    const { status, body } = await post(multipartBody([operations(), map(), file('0', Buffer.alloc(1000))]));
    expect(status).toBe(413);
    expect(body.errors[0].message).toContain('longer than 1000 bytes');
    expect(server.spool.begun).toBe(0);
  });

  it.each(['keep-alive', 'close'])(
    'gets a response although 200 MB are on their way in chunks: %s',
    async (connection) => {
      server = await startUploadServer();
      socket = await open(server.port);
      const answer = responseOn(socket);
      socket.on('error', () => {});
      socket.write(requestHead({ 'Transfer-Encoding': 'chunked', Connection: connection }));
      await stream(socket, 200 * mebibyte);
      socket.write('0\r\n\r\n');
      expect(await answer).toMatch(/^HTTP\/1\.1 413 .*longer than 168820736 bytes/s);
    },
  );

  it('keeps the connection for the next request when the rest of the body was small', async () => {
    server = await startUploadServer({ requestBytes: 100_000 });
    socket = await open(server.port);
    socket.write(requestHead({ 'Content-Length': mebibyte }));
    const answer = responseOn(socket);
    socket.write(Buffer.alloc(mebibyte));
    expect(await answer).toContain('HTTP/1.1 413');
    const next = responseOn(socket);
    const body = '{"query":"{ hello }"}';
    socket.write(requestHead({ 'Content-Type': 'application/json', 'Content-Length': body.length }) + body);
    expect(await next).toContain('{"data":{"hello":"world"}}');
  });

  it('ends the connection of a client that goes on without an end', async () => {
    server = await startUploadServer({ requestBytes: 100_000 });
    socket = await open(server.port);
    socket.on('error', () => {});
    socket.write(requestHead({ 'Transfer-Encoding': 'chunked' }));
    await stream(socket, 1000 * mebibyte);
    expect(socket.bytesWritten).toBeLessThan(100 * mebibyte);
    expect(socket.destroyed).toBe(true);
  });
});

it('a disk that is slow holds the client back: nothing gathers in memory', async () => {
  server = await startUploadServer({ fileBytes: 1000 * mebibyte, requestBytes: 1000 * mebibyte });
  let goOn = () => {};
  const stalled = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const receive = server.spool.receive;
  server.spool.receive = async (file, limitBytes) => {
    await stalled;
    return receive(file, limitBytes);
  };
  const connected = once(server.server.server, 'connection') as Promise<[Socket]>;
  socket = await open(server.port);
  const [accepted] = await connected;
  const answer = responseOn(socket);
  socket.write(requestHead({ 'Transfer-Encoding': 'chunked' }));
  const streamed = stream(socket, 200 * mebibyte);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(accepted.bytesRead).toBeLessThan(mebibyte);
  goOn();
  await streamed;
  socket.write(Buffer.concat([chunk(Buffer.from('\r\n--the-boundary--\r\n')), Buffer.from('0\r\n\r\n')]));
  expect(await answer).toContain(`"byteSize":${200 * mebibyte}`);
});
