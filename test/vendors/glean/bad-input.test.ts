import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { defaultLimits } from '../../../src/domain/limits.js';
import { chunk, open, responseOn } from '../../graphql/uploads/raw-request.js';
import { photoJpeg, plainPng, pngHeaderClaiming, truncated, unsupportedFiles } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';
import { type GleanClient, openGleanClient, problem, spooledFiles } from './glean-client.js';

let server: TestServer;
let glean: GleanClient;
let photo: Buffer;
beforeAll(async () => {
  server = await startTestServer({ GLEAN_ACCOUNT_ID: accountId });
  glean = await openGleanClient(server);
  photo = await plainPng({ width: 9, height: 9 }, [1, 2, 3]);
});
afterEach(() => vi.waitFor(async () => expect(await spooledFiles(server)).toEqual([]), 10_000));
afterAll(() => server.close());

const invalid = (detail: string) => problem(400, 'invalid_parameter', expect.stringContaining(detail));
const missing = (detail: string) => problem(400, 'missing_required_field', expect.stringContaining(detail));
const key = (value: unknown) => `key=${Buffer.from(JSON.stringify(value)).toString('base64url')}`;
const tooLong = 'x'.repeat(defaultLimits.addressPartLength + 1);
const halfCharacter = Buffer.from('{"type":"UGC","id":"\\ud800"}').toString('base64url');

const openUpload = async (...lines: string[]) => {
  const socket = await open(Number(new URL(server.url).port));
  socket.write(
    `POST /rest/api/v1/uploadimage?${['type=UGC HTTP/1.1', 'Host: 127.0.0.1', ...lines].join('\r\n')}\r\n\r\n`,
  );
  return socket;
};

test.each([
  ['nothing', '', missing('Say which image')],
  ['only empty parameters', 'key=&type=&id=&ds=&cid=', missing('Say which image')],
  ['an id without a type', 'id=1&ds=x', missing('Say which image')],
  ['a key with a type', `${key({ type: 'UGC' })}&type=UGC`, invalid('Leave out key, or type')],
  ['a key with an id and a cid', `${key({ type: 'UGC' })}&id=1&cid=2`, invalid('Leave out key, or id, cid')],
  ['an unknown type', 'type=PHOTO', invalid('type: Accepts BACKGROUND')],
  ['a type in lower case', 'type=ugc', invalid('type: Accepts BACKGROUND')],
  ['a type twice', 'type=UGC&type=USER', invalid('type: Accepts BACKGROUND')],
  ['an id twice', 'type=UGC&id=1&id=2', invalid('id: Accepts one text.')],
  ['a key twice', 'key=a&key=b', invalid('key: Accepts one text.')],
  ['an id that is too long', `type=UGC&id=${tooLong}`, invalid('id: Has 513 characters')],
  ['a NUL', 'type=UGC&ds=a%00b', invalid('ds: Has characters')],
  ['a key of no base64', 'key=%25%25', invalid('key: Accepts the key')],
  ['a key of no JSON', 'key=abcd', invalid('key: Accepts the key')],
  ['a key of bytes that are no text', 'key=__57', invalid('key: Accepts the key')],
  ['a key of a list', key([{ type: 'UGC' }]), invalid('key: Accepts the key')],
  ['a key of null', key(null), invalid('key: Accepts the key')],
  ['a key without a type', key({ id: '1' }), invalid('type: Accepts BACKGROUND')],
  ['a key of an unknown type', key({ type: 'X' }), invalid('type: Accepts BACKGROUND')],
  ['a key with a number', key({ type: 'UGC', id: 1 }), invalid('key: Accepts the key')],
  ['a key that reaches for a prototype', key(JSON.parse('{"__proto__":{"type":"UGC"}}')), invalid('type: Accepts')],
  ['a key with a text that is too long', key({ type: 'UGC', cid: tooLong }), invalid('cid: Has 513 characters')],
  ['a key with half a character', `key=${halfCharacter}`, invalid('id: Has characters')],
])('images with %s is 400', async (_case, query, body) => {
  for (const response of [await glean.get(query), await glean.show(query)]) {
    expect([response.status, response.body]).toEqual([400, body]);
  }
});

test.each([
  ['an unknown type', 'type=PHOTO', invalid('type: Accepts BACKGROUND')],
  ['an id that is too long', `type=UGC&id=${tooLong}`, invalid('id: Has 513 characters')],
  ['a cid twice', 'type=UGC&cid=1&cid=2', invalid('cid: Accepts one text.')],
])('uploadimage with %s is 400', async (_case, query, body) => {
  const response = await glean.upload(query, photo);
  expect([response.status, response.body]).toEqual([400, body]);
});

test.each([
  ['a key as long as a URL may be', `key=${'a'.repeat(15_000)}`],
  ['malformed escapes', 'type=UGC&id=%zz%'],
  ['escapes that are no UTF-8', 'type=UGC&id=%FF%E0%A4'],
  ['brackets', 'type[]=UGC&id[__proto__]=1'],
  ['parameters of a prototype', '__proto__=1&constructor=2&type=UGC'],
  ['a thousand parameters', `type=UGC&${'id2=1&'.repeat(1000)}`],
])('a query with %s is not an error of the server', async (_case, query) => {
  expect((await glean.get(query)).status).toBeLessThan(500);
  expect((await glean.show(query)).status).toBeLessThan(500);
  expect((await glean.upload(query, photo)).status).toBeLessThan(500);
});

describe('a body that', () => {
  const refusal = (detail: string) => problem(400, 'invalid_request', expect.stringContaining(detail));

  test.each(Object.entries(unsupportedFiles))('is a %s is 400', async (_format, file) => {
    const response = await glean.upload('type=UGC', file);
    expect([response.status, response.body]).toEqual([400, refusal('JPEG, PNG, WebP, AVIF and GIF')]);
  });

  test('is a form, or an image in base64, is 400', async () => {
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(photo)]));
    for (const body of [form, photo.toString('base64')]) {
      const response = await glean.call('POST', '/rest/api/v1/uploadimage?type=UGC', { body });
      expect([response.status, response.body]).toEqual([400, refusal('JPEG, PNG, WebP, AVIF and GIF')]);
    }
  });

  test('is cut short is 400', async () => {
    const response = await glean.upload('type=UGC', truncated(await photoJpeg(), 0.5));
    expect([response.status, response.body]).toEqual([400, refusal('cannot be decoded')]);
  });

  test('has too many pixels is 400, with the limit', async () => {
    const response = await glean.upload('type=UGC', pngHeaderClaiming({ width: 16_000, height: 16_000 }));
    expect([response.status, response.body]).toEqual([400, refusal('50000000 pixels')]);
  });

  test('is empty or absent is 400', async () => {
    for (const response of [await glean.upload('type=UGC', Buffer.alloc(0)), await glean.upload('type=UGC', null)]) {
      expect([response.status, response.body]).toEqual([400, missing('The body is empty')]);
    }
  });

  test.each([
    ['with a Content-Length', (bytes: Uint8Array<ArrayBuffer>) => bytes],
    ['in chunks', (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]).stream()],
  ])('is larger than the limit, %s, is 413 with the limit', async (_case, bodyOf) => {
    const init = { body: bodyOf(new Uint8Array(defaultLimits.fileBytes + 1)), duplex: 'half' } as RequestInit;
    const { status, headers, body } = await glean.call('POST', '/rest/api/v1/uploadimage?type=UGC', init);
    expect([status, body]).toEqual([
      413,
      problem(413, 'request_too_large', expect.stringContaining(`${defaultLimits.fileBytes} bytes`)),
    ]);
    // some clients repeat whatever says Retry-After
    expect(headers.get('retry-after')).toBeNull();
  });

  test('never ends gets a response as soon as it is too large', async () => {
    const socket = await openUpload('Transfer-Encoding: chunked');
    const response = responseOn(socket, 2_000);
    for (let count = 0; count <= 16; count += 1) socket.write(chunk(Buffer.alloc(1024 * 1024)));
    expect(await response).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  test('breaks off leaves nothing behind, and the server goes on', async () => {
    const socket = await openUpload('Content-Length: 9999');
    socket.write(photo);
    await vi.waitFor(async () => expect(await spooledFiles(server)).toHaveLength(1), 10_000);
    socket.destroy();
    await vi.waitFor(async () => expect(await spooledFiles(server)).toEqual([]), 10_000);
    expect((await glean.upload('type=UGC', photo)).status).toBe(200);
  });
});

describe('X-Scio-Actas and X-Glean-ActAs', () => {
  const actAs = (headers: Record<string, string>) =>
    Promise.all([glean.get('type=USER', headers), glean.upload('type=USER', photo, headers)]);
  beforeAll(() => glean.upload('type=USER', photo));

  test.each<Record<string, string>>([
    { 'X-Scio-Actas': 'ada@example.com' },
    { 'X-Scio-ActAs': 'ada@example.com' },
    { 'X-Glean-ActAs': 'ada@example.com' },
    { 'X-Scio-Actas': 'ada@example.com', 'X-Glean-ActAs': 'Ada@Example.com' },
    { 'X-Glean-ActAs': 'ada@localhost' },
    { 'X-Glean-ActAs': 'r&d@example.xn--p1ai' },
    { 'X-Scio-Actas': '', 'X-Glean-ActAs': 'ada@example.com' },
    { 'X-Scio-Actas': '', 'X-Glean-ActAs': '' },
  ])('%j is accepted', async (headers) => {
    expect((await actAs(headers)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test.each<Record<string, string>>([
    { 'X-Scio-Actas': 'ada' },
    { 'X-Glean-ActAs': 'ada@' },
    { 'X-Glean-ActAs': 'a@example.com, b@example.com' },
    { 'X-Scio-Actas': 'ada@example.com', 'X-Glean-ActAs': 'bob@example.com' },
  ])('%j is 400', async (headers) => {
    for (const { status, body } of await actAs(headers)) expect([status, body]).toEqual([400, invalid('x-')]);
  });
});

test('beyond the images of an account it is 409, and an image that is there can still be replaced', async () => {
  const small = await startTestServer({ GLEAN_ACCOUNT_ID: accountId, MAX_IMAGES_PER_ACCOUNT: '1' });
  const client = await openGleanClient(small);
  expect((await client.upload('type=UGC', photo)).status).toBe(200);
  expect((await client.upload('type=UGC', await photoJpeg())).status).toBe(200);
  const { status, body } = await client.upload('type=USER', photo);
  expect([status, body]).toEqual([409, problem(409, 'conflict', expect.stringContaining('1 images'))]);
  await small.close();
});

test('a failure of the server is masked, in the same form', async () => {
  const inspect = async () => {
    throw new Error('secret path /var/lib');
  };
  const broken = await startTestServer(
    { GLEAN_ACCOUNT_ID: accountId },
    { processor: (real) => ({ ...real, inspect }) },
  );
  const { status, body } = await (await openGleanClient(broken)).upload('type=UGC', photo);
  expect([status, body]).toEqual([500, problem(500, 'internal_error', expect.not.stringContaining('secret'))]);
  await broken.close();
});

test.each([
  ['POST', '/rest/api/v1/images', 405],
  ['GET', '/rest/api/v1/uploadimage', 405],
  ['GET', '/rest/api/v1/search', 404],
])('%s %s is served nowhere', async (method, path, status) => {
  expect((await glean.call(method, path)).status).toBe(status);
});
