import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { multipartBody, multipartType, type Part } from '../../graphql/uploads/multipart-body.js';
import { chunk, open, responseOn } from '../../graphql/uploads/raw-request.js';
import { newPhoto } from '../../support/sample-images.js';
import { accountId } from '../../support/test-server.js';
import { type MoovClient, openMoovClient } from './moov-client.js';
import { type MoovScope, startMoovScope } from './moov-scope.js';

let scope: MoovScope;
let moov: MoovClient;
let imageID: string;
const spoolIsEmpty = () => vi.waitFor(async () => expect(await scope.spool.files()).toEqual([]), 10_000);

beforeAll(async () => {
  scope = await startMoovScope();
  moov = await openMoovClient(scope);
  imageID = (await moov.send('POST', '', { image: await newPhoto(), metadata: '{"altText":"first"}' })).body.imageID;
});
afterEach(spoolIsEmpty);
afterAll(() => scope.close());

const sendParts = (method: string, path: string, parts: readonly Part[], end?: string) =>
  moov.call(method, path, {
    headers: { 'content-type': multipartType },
    body: new Uint8Array(multipartBody(parts, end)),
  });
const imagePart = async (part: Partial<Part> = {}): Promise<Part> => ({
  name: 'image',
  fileName: 'photo.png',
  type: 'image/png',
  body: await newPhoto(),
  ...part,
});

describe('the parts as the SDKs send them', () => {
  test.each<[string, Partial<Part>]>([
    ['TypeScript, a file of an unknown extension', { fileName: 'a.file', type: 'application/octet-stream' }],
    ['TypeScript, a Blob', { fileName: 'blob', type: 'application/octet-stream' }],
    ['Go', { fileName: 'image', type: 'application/octet-stream' }],
    ['a wrong type', { fileName: 'a.jpg', type: 'text/html' }],
    ['a name beyond ASCII', { fileName: 'käfer 🐞.png' }],
  ])('an image by %s', async (_case, part) => {
    expect((await sendParts('POST', '', [await imagePart(part)])).status).toBe(201);
  });

  test('an image without a filename or a type', async () => {
    const part = { name: 'image', body: await newPhoto() };
    expect((await sendParts('POST', '', [part])).status).toBe(201);
  });

  test.each<[string, Partial<Part>]>([
    ['TypeScript and Go, without a type', { body: '{"altText":"é"}' }],
    ['Python, as application/json in ASCII', { body: '{"altText": "\\u00e9"}', type: 'application/json' }],
    ['curl, as a file', { body: '{"altText":"é"}', type: 'application/octet-stream', fileName: 'metadata.json' }],
    ['with keys that are not known', { body: '{"altText":"é","color":"red"}' }],
  ])('metadata by %s', async (_case, part) => {
    const response = await sendParts('POST', '', [await imagePart(), { name: 'metadata', body: '', ...part }]);
    expect([response.status, response.body.altText]).toEqual([201, 'é']);
  });

  test('metadata before the image, and parts that are not known', async () => {
    const parts = [
      { name: 'color', body: 'red' },
      { name: 'metadata', body: '{"altText":"before"}' },
      { name: 'attachment', body: Buffer.alloc(100_000), fileName: 'x.bin' },
      await imagePart(),
    ];
    expect((await sendParts('POST', '', parts)).body).toMatchObject({ altText: 'before' });
    expect(await scope.spool.files()).toEqual([]);
  });

  test('a PATCH of nothing: only the closing boundary, or no body and no Content-Type at all', async () => {
    const { body: before } = await moov.call('GET', `/${imageID}`);
    const onlyEnd = await sendParts('PATCH', `/${imageID}`, []);
    const noBody = await moov.call('PATCH', `/${imageID}`);
    const emptyForm = await moov.call('PATCH', `/${imageID}`, { headers: { 'content-type': multipartType } });
    for (const { status, body } of [onlyEnd, noBody, emptyForm]) expect([status, body]).toEqual([200, before]);
  });

  test('a POST or PUT of nothing is 422 for its missing image', async () => {
    for (const [method, path] of [
      ['POST', ''],
      ['PUT', `/${imageID}`],
    ] as const) {
      for (const response of [await sendParts(method, path, []), await moov.call(method, path)]) {
        expect([response.status, response.body]).toEqual([422, { image: expect.any(String) }]);
      }
    }
  });
});

describe('a form that is not one', () => {
  test.each<[string, () => Promise<readonly Part[]>, number, Record<string, unknown>]>([
    ['two images', async () => [await imagePart(), await imagePart()], 400, { error: /"image" twice/ }],
    [
      'two metadata parts',
      async () => [
        { name: 'metadata', body: '{}' },
        { name: 'metadata', body: '{}' },
      ],
      400,
      { error: /twice/ },
    ],
    ['metadata that is no JSON', async () => [{ name: 'metadata', body: '{altText: 1}' }], 400, { error: /not JSON/ }],
    ['empty metadata', async () => [{ name: 'metadata', body: '' }], 400, { error: /not JSON/ }],
    ['metadata that is a list', async () => [{ name: 'metadata', body: '[]' }], 400, { error: /JSON object/ }],
    ['metadata that is text', async () => [{ name: 'metadata', body: '"x"' }], 400, { error: /JSON object/ }],
    [
      'too many parts',
      async () => Array.from({ length: 25 }, () => ({ name: 'x', body: '' })),
      400,
      { error: /more than 20 parts/ },
    ],
    [
      'metadata beyond 64 KiB',
      async () => [{ name: 'metadata', body: JSON.stringify({ x: 'x'.repeat(70_000) }) }],
      422,
      { metadata: { altText: expect.stringContaining('65536 bytes') } },
    ],
  ])('%s', async (_case, parts, status, body) => {
    const response = await sendParts('POST', '', [...(await parts()), await imagePart()]);
    const expected = body['error'] instanceof RegExp ? { error: expect.stringMatching(body['error']) } : body;
    expect([response.status, response.body]).toEqual([status, expected]);
  });

  test('an altText that is no text is 422 and named', async () => {
    const parts = [await imagePart(), { name: 'metadata', body: '{"altText":{"$ne":1}}' }];
    const { status, body } = await sendParts('POST', '', parts);
    expect([status, body]).toEqual([422, { metadata: { altText: 'Must be text.' } }]);
  });

  test('a body that ends without its closing boundary', async () => {
    const { status, body } = await sendParts('POST', '', [await imagePart()], '');
    expect([status, body]).toEqual([400, { error: expect.stringContaining('boundary') }]);
  });

  test.each([
    ['no boundary', { 'content-type': 'multipart/form-data' }, 400],
    ['JSON', { 'content-type': 'application/json' }, 415],
    ['a bare image', { 'content-type': 'image/png' }, 415],
    ['a plain form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['text', { 'content-type': 'text/plain' }, 415],
  ])('%s', async (_case, headers, status) => {
    for (const method of ['POST', 'PATCH', 'PUT']) {
      const response = await moov.call(method, method === 'POST' ? '' : `/${imageID}`, { headers, body: '{}' });
      expect([response.status, response.body]).toEqual([status, { error: expect.any(String) }]);
    }
  });
});

/** The head of an upload, so that a test decides byte by byte what follows. */
const head = (headers: Record<string, string | number>): string => {
  const all = { Host: '127.0.0.1', 'Content-Type': multipartType, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /accounts/${accountId}/images HTTP/1.1\r\n${lines.join('')}\r\n`;
};

describe('sizes', () => {
  const mebibyte = 1024 * 1024;

  test('an image of 16 MiB is judged by what it is, one byte more is 422 too and says the limit', async () => {
    const largest = await sendParts('POST', '', [await imagePart({ body: Buffer.alloc(16 * mebibyte) })]);
    expect([largest.status, Object.keys(largest.body)]).toEqual([422, ['image']]);
    const larger = await sendParts('POST', '', [await imagePart({ body: Buffer.alloc(16 * mebibyte + 1) })]);
    expect([larger.status, larger.body]).toEqual([422, { image: expect.stringContaining('16777216 bytes') }]);
  });

  test('a request over its limit is 422 by its Content-Length, before anything is spooled', async () => {
    const begun = scope.spool.begun;
    const { status, body } = await sendParts('POST', '', [await imagePart({ body: Buffer.alloc(17 * mebibyte) })]);
    expect([status, body]).toEqual([422, { image: expect.stringContaining('16842752 bytes') }]);
    expect(scope.spool.begun).toBe(begun);
  });

  test('a request over its limit that has no length is 422 as soon as it exceeds it', async () => {
    const socket = await open(scope.port);
    socket.on('error', () => {});
    const response = responseOn(socket);
    socket.write(head({ 'Transfer-Encoding': 'chunked' }));
    socket.write(chunk(multipartBody([await imagePart({ body: '' })], '').subarray(0, -2)));
    for (let sent = 0; sent < 20 && !socket.destroyed; sent += 1) {
      await new Promise((resolve) => socket.write(chunk(Buffer.alloc(mebibyte)), resolve));
    }
    socket.write('0\r\n\r\n');
    expect(await response).toMatch(/^HTTP\/1\.1 422 .*"image":"The request is larger than 16842752 bytes/s);
    socket.destroy();
  });
});

test('a client that leaves in the middle of its image leaves no file behind', async () => {
  const begun = scope.spool.begun;
  const body = multipartBody([await imagePart({ body: Buffer.alloc(100_000) })]);
  const socket = await open(scope.port);
  socket.write(head({ 'Content-Length': body.length }));
  socket.write(body.subarray(0, 50_000));
  await vi.waitFor(() => expect(scope.spool.begun).toBe(begun + 1), 10_000);
  socket.destroy();
  await once(socket, 'close');
});
