import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { photoJpeg } from '../support/sample-images.js';
import { startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';

// a start takes seconds on a busy machine
vi.setConfig({ testTimeout: 60_000 });
const slowly = { timeout: 20_000 };

const execute = promisify(execFile);
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('what the start prints works as it stands: the URLs, and the curl line pasted into a shell', async () => {
  const folder = await useTempFolder();
  const { url, welcome } = await startServerProcess({ DATA_DIR: join(folder, 'data') });
  const [graphiql, graphql] = welcome.match(/http:\S+\/graphql/g) ?? [];
  const page = await fetch(graphiql ?? '', { headers: { accept: 'text/html' } });
  expect(page.headers.get('content-type')).toContain('text/html');
  expect((await fetch(`${graphql}?query={__typename}`)).status).toBe(200);

  await writeFile(join(folder, 'photo.jpg'), await photoJpeg());
  const curl = /^ *curl .*@photo\.jpg'$/ms.exec(welcome)?.[0] ?? '';
  const { stdout } = await execute('sh', ['-c', `${curl} --silent --show-error`], { cwd: folder });
  const { id, url: variantUrl } = JSON.parse(stdout).data.uploadImage.image;
  expect(id).toMatch(/.{10}/);
  const pattern = welcome.match(/http:\S+\{publicId\}/)?.[0] ?? '';
  const publicId = new URL(variantUrl).pathname.split('/').at(2) ?? '';
  expect(pattern.replace('{publicId}', publicId)).toBe(`${url}/images/${publicId}`);
  expect((await fetch(variantUrl)).headers.get('content-type')).toBe('image/jpeg');
});

/** An upload by the multipart request specification whose body the test sends piece by piece. */
const beginUpload = (url: string, bytes: Uint8Array): { sending: ClientRequest; rest: Buffer } => {
  const query = `mutation($file: File!) {
    uploadImage(input: { accountId: "${accountId}", file: $file }) { ... on UploadImagePayload { image { originalUrl sha256 } } } }`;
  const fields = { operations: JSON.stringify({ query, variables: { file: null } }), map: '{"0":["variables.file"]}' };
  const parts = Object.entries(fields).map(
    ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const fileHead = '--x\r\nContent-Disposition: form-data; name="0"; filename="a"\r\n\r\n';
  const body = Buffer.concat([Buffer.from(parts.join('') + fileHead), bytes, Buffer.from('\r\n--x--\r\n')]);
  const sending = request(`${url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'multipart/form-data; boundary=x',
      'content-length': body.length,
      'apollo-require-preflight': '1',
    },
  });
  const middle = body.length - Math.floor(bytes.length / 2);
  sending.write(body.subarray(0, middle));
  return { sending, rest: body.subarray(middle) };
};

/** Connects and sends no more than this; browsers open such connections in advance. */
const connectAndSay = async (url: string, text: string): Promise<void> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(text);
};

const isListening = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s lets an upload in flight end, waits for nobody who asked nothing, exits with 0, and the next start has the image',
  async (signal) => {
    const folder = await useTempFolder();
    const bytes = await photoJpeg({ width: 900, height: 600 });
    const first = await startServerProcess({ DATA_DIR: folder });
    const { sending, rest } = beginUpload(first.url, bytes);
    const response = once(sending, 'response') as Promise<[IncomingMessage]>;
    for (const text of ['', 'GET / HTTP/1.1\r\nHost: loc']) await connectAndSay(first.url, text);
    await expect.poll(() => readdir(join(folder, 'tmp')), slowly).toHaveLength(1);
    first.signal(signal);
    await expect.poll(() => isListening(first.url), slowly).toBe(false);
    sending.end(rest);
    const { data } = JSON.parse(await text((await response)[0]));
    expect(data.uploadImage.image.sha256).toBe(sha256Of(bytes));
    expect(await first.ended).toEqual({ code: 0, stdout: expect.stringContaining(first.url), stderr: '' });

    const second = await startServerProcess({ DATA_DIR: folder });
    const { pathname } = new URL(data.uploadImage.image.originalUrl);
    const original = await fetch(second.url + pathname);
    expect(sha256Of(new Uint8Array(await original.arrayBuffer()))).toBe(sha256Of(bytes));
  },
);
