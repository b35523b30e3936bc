import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { uploadImage } from '../support/image-operations.js';
import { photoPng } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let port: number;
let imagePath: string;
beforeAll(async () => {
  server = await startTestServer();
  port = Number(new URL(server.url).port);
  imagePath = new URL((await uploadImage(server, await photoPng({ width: 8, height: 8 }))).link).pathname;
});
afterAll(() => server.close());
afterEach(async () => {
  expect((await fetch(`${server.url}${imagePath}`)).status).toBe(200);
  expect((await fetch(`${server.url}/graphql?query={__typename}`)).status).toBe(200);
});

const open = async (): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};

/** Everything that the server says until it closes; each request of these tests asks it to, or leaves it no choice. */
const exchange = async (sent: string): Promise<string> => {
  const socket = await open();
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  const ended = Promise.race([once(socket, 'end'), once(socket, 'close')]);
  socket.write(sent);
  await ended;
  return text;
};

const statusesIn = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));

const lines = (headers: Record<string, string>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
const head = (line: string, headers: Record<string, string> = {}): string =>
  `${line}\r\n${lines({ Host: 'localhost', Connection: 'close', ...headers })}\r\n`;

const get = (path: string, headers: Record<string, string> = {}): string => head(`GET ${path} HTTP/1.1`, headers);
const post = (headers: Record<string, string>): string =>
  head('POST /graphql HTTP/1.1', { 'Content-Type': 'application/json', ...headers });

describe('the Host header', () => {
  test.each([
    'localhost',
    'LOCALHOST:4000',
    'localhost.',
    'localhost.:4000',
    '127.0.0.1',
    '127.0.0.1.',
    '127.0.0.1:65535',
    '127.1.2.3',
    '[::1]',
    '[::1]:4000',
  ])('%s is this machine and is served', async (host) => {
    expect(statusesIn(await exchange(get(imagePath, { Host: host })))).toEqual([200]);
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.evil.example',
    'localhost..',
    'evil.example.',
    'evil.example:4000',
    '0.0.0.0',
    '192.168.0.1',
    '[::]',
    '[::ffff:192.168.0.1]',
    'user@localhost',
    'localhost/',
    'localhost#',
    'localhost localhost',
    'localhost,evil.example',
    'localhost:port',
    '[::1',
    ':80',
    '',
    '\xff\xfe',
  ])('%j, as a page would use whose name was pointed here, is 403 on every route', async (host) => {
    for (const path of [imagePath, '/graphql?query={__typename}', '/nowhere', '/']) {
      const answer = await exchange(get(path, { Host: host }));
      expect(statusesIn(answer)).toEqual([403]);
      expect(answer).not.toContain('__typename');
    }
  });

  test('that is absent is refused', async () => {
    expect(statusesIn(await exchange(`GET ${imagePath} HTTP/1.1\r\nConnection: close\r\n\r\n`))).toEqual([400]);
    expect(statusesIn(await exchange(`GET ${imagePath} HTTP/1.0\r\n\r\n`))).toEqual([403]);
  });

  test.each([
    ['evil.example', 'localhost'],
    ['localhost', 'evil.example'],
    ['localhost', 'localhost'],
  ])('that is there twice, as %s and %s, is 400 on every path, also for what is in memory', async (first, second) => {
    for (const path of [imagePath, '/graphql?query={__typename}', '/nowhere']) {
      // asked properly before, so that it is in memory
      for (const _ of [1, 2]) await exchange(get(path, { Host: first }));
      const twice = `GET ${path} HTTP/1.1\r\nHost: ${first}\r\nhOsT: ${second}\r\nConnection: close\r\n\r\n`;
      const response = await exchange(twice);
      expect(statusesIn(response)).toEqual([400]);
      expect(response).toMatch(/x-request-id/i);
    }
  });
});

describe('a target', () => {
  test.each([
    ['in absolute form', () => `GET http://localhost${imagePath} HTTP/1.1`, 200],
    ['in absolute form with the port that is the default', () => `GET http://LOCALHOST.:80${imagePath} HTTP/1.1`, 200],
    ['in absolute form to another port', () => `GET http://localhost:1${imagePath} HTTP/1.1`, 400],
    ['in absolute form to another host', () => `GET http://evil.example${imagePath} HTTP/1.1`, 400],
    ['in absolute form with a user', () => `GET http://localhost@evil.example${imagePath} HTTP/1.1`, 400],
    ['in absolute form to another host and another scheme', () => `GET ftp://evil.example${imagePath} HTTP/1.1`, 400],
    ['in absolute form to GraphQL', () => 'GET http://localhost/graphql?query={__typename} HTTP/1.1', 200],
    ['in absolute form and another scheme', () => `GET ftp://localhost${imagePath} HTTP/1.1`, 404],
    ['that is only a host', () => 'GET http://localhost HTTP/1.1', 200],
    ['that is an asterisk', () => 'OPTIONS * HTTP/1.1', 404],
    ['with an empty segment', () => `GET /${imagePath} HTTP/1.1`, 404],
    ['with dots', () => `GET /images/..${imagePath} HTTP/1.1`, 404],
    ['with escaped slashes', () => `GET /${encodeURIComponent(imagePath.slice(1))} HTTP/1.1`, 404],
    ['that does not begin with a slash', () => `GET ${encodeURIComponent(imagePath)} HTTP/1.1`, 400],
    ['of 15,000 characters', () => `GET /${'x'.repeat(15_000)} HTTP/1.1`, 404],
    ['of 20,000 characters', () => `GET /${'x'.repeat(20_000)} HTTP/1.1`, 431],
    ['with a NUL', () => 'GET /\0 HTTP/1.1', 400],
    ['of another version', () => `GET ${imagePath} HTTP/3.0`, 400],
  ])('%s', async (_case, line, status) => {
    expect(statusesIn(await exchange(head(line())))).toEqual([status]);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'])('is not served to %s', async (method) => {
    const response = await exchange(head(`${method} ${imagePath} HTTP/1.1`));
    expect(statusesIn(response)).toEqual([405]);
    expect(response).toMatch(/^allow: GET, HEAD, OPTIONS\r$/im);
  });

  test.each(['get', 'GE T', 'BREW', '\x16\x03\x01\x02\0\x01', 'GET\t'])(
    'is not served to the method %j',
    async (method) => {
      expect(statusesIn(await exchange(head(`${method} ${imagePath} HTTP/1.1`)))).toEqual([400]);
    },
  );

  test('is no tunnel', async () => {
    expect(statusesIn(await exchange('CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n'))).toEqual([]);
  });
});

describe('headers', () => {
  test.each([
    ['a thousand', Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x-${index}`, 'x'])), 200],
    ['one of 17 kB', { 'x-long': 'x'.repeat(17_000) }, 431],
    [
      '20 kB in all',
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`x-${index}`, 'x'.repeat(1_000)])),
      431,
    ],
    ['a name with a space', { 'x y': '1' }, 400],
    ['a value with a bare carriage return', { x: 'a\rb' }, 400],
    ['an upgrade to what is not there', { Connection: 'upgrade, close', Upgrade: 'websocket' }, 200],
    ['an expectation that nobody meets', { Expect: 'a miracle' }, 417],
  ] as const)('%s', async (_case, headers, status) => {
    expect(statusesIn(await exchange(get(imagePath, headers)))).toEqual([status]);
  });
});

describe('a body', () => {
  const json = '{"query":"{ __typename }"}';

  test.each([
    ['with a length that is no number', { 'Content-Length': 'x' }, 400],
    ['with a negative length', { 'Content-Length': '-1' }, 400],
    ['with a length that overflows', { 'Content-Length': '99999999999999999999999' }, 400],
    ['with two lengths', { 'Content-Length': '5, 26' }, 400],
    ['with a length and chunks', { 'Content-Length': '26', 'Transfer-Encoding': 'chunked' }, 400],
    ['in an unknown encoding', { 'Transfer-Encoding': 'gzip' }, 400],
    ['that is chunked last but one', { 'Transfer-Encoding': 'chunked, gzip' }, 400],
    ['that claims a gigabyte', { 'Content-Length': '1000000000' }, 413],
    ['shorter than the document', { 'Content-Length': '10' }, 400],
  ])('%s', async (_case, headers, status) => {
    const [first] = statusesIn(await exchange(post(headers) + json));
    expect(first).toBe(status);
  });

  test.each(['zz\r\n{}\r\n', '-1\r\n', 'fffffffffffffffff\r\n', '2;x=\0\r\n{}\r\n', '2\r\n{}xx0\r\n\r\n'])(
    'in the chunks %j is refused',
    async (chunks) => {
      const socket = exchange(post({ 'Transfer-Encoding': 'chunked' }) + chunks);
      expect(statusesIn(await socket)[0] ?? 400).toBe(400);
    },
  );
});

describe('a connection', () => {
  test('with fifty requests at once has fifty responses in their order', async () => {
    const paths = Array.from({ length: 50 }, (_, index) => (index % 2 ? imagePath : `/nowhere/${index}`));
    const requests = paths.map((path, index) => get(path, index < 49 ? { Connection: 'keep-alive' } : {}));
    const answer = await exchange(requests.join(''));
    expect(statusesIn(answer)).toEqual(paths.map((path) => (path === imagePath ? 200 : 404)));
  });

  test('whose client closes its side is closed, whatever it had begun', async () => {
    for (const sent of [
      '',
      'GET /ima',
      post({ 'Content-Length': '100' }),
      get(imagePath, { Connection: 'keep-alive' }),
    ]) {
      const socket = await open();
      const ended = once(socket.resume(), 'end');
      socket.end(sent);
      await ended;
    }
  });

  test('that is reset during a head, a body or a response affects nothing else', async () => {
    const upload = post({
      'Content-Type': 'multipart/form-data; boundary=x',
      'Apollo-Require-Preflight': '1',
      'Content-Length': '100000',
    });
    for (const sent of [
      'GET /ima',
      get(imagePath).slice(0, -2),
      post({ 'Content-Length': '100' }),
      `${upload}--x\r\n`,
      get(imagePath),
    ]) {
      const socket = await open();
      await new Promise((resolve) => socket.write(sent, resolve));
      socket.resetAndDestroy();
    }
    await expect.poll(() => readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
  });

  test('with bytes of any kind ends with an error or an answer', async () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(
          'GET ',
          'POST ',
          imagePath,
          ' HTTP/1.1',
          '\r\n',
          '\r\n\r\n',
          'Host: localhost\r\n',
          'Content-Length: 5\r\n',
          'Transfer-Encoding: chunked\r\n',
          'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
        )
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 12 }), async (pieces) => {
        const socket = await open();
        let text = '';
        socket.on('data', (data) => {
          text += data.toString('latin1');
        });
        const closed = once(socket, 'close');
        socket.once('end', () => socket.end());
        socket.end(Buffer.concat(pieces));
        await closed;
        for (const status of statusesIn(text)) expect(status).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
  });
});
