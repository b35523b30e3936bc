import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addressTypes } from '../../../src/domain/images/address.js';
import { chunk, open, responseOn } from '../../graphql/uploads/raw-request.js';
import { changeImage, uploadAddressedImage } from '../../support/image-operations.js';
import { photoJpeg, photoPng, photoWebp, plainPng, taggedJpeg } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';
import { type GleanClient, openGleanClient, problem, spooledFiles } from './glean-client.js';

let server: TestServer;
let glean: GleanClient;
beforeAll(async () => {
  server = await startTestServer({ GLEAN_ACCOUNT_ID: accountId.toUpperCase() });
  glean = await openGleanClient(server, { authorization: 'Bearer token' });
});
afterEach(async () => expect(await spooledFiles(server)).toEqual([]));
afterAll(() => server.close());

let shade = 0;
/** An image that no test has uploaded yet. */
const freshPhoto = () => {
  shade += 1;
  return plainPng({ width: 30, height: 20 }, [shade, 255 - shade, 7]);
};
const keyOf = (url: string) => new URL(url).searchParams.get('key') ?? '';

/** Sends the bytes of an upload unchanged, and resolves with the raw response. */
const sendRaw = async (type: string, lines: readonly string[], body: readonly Uint8Array[]): Promise<string> => {
  const socket = await open(Number(new URL(server.url).port));
  const response = responseOn(socket);
  const head = [`POST /rest/api/v1/uploadimage?type=${type} HTTP/1.1`, 'Host: 127.0.0.1', ...lines];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  for (const bytes of body) socket.write(bytes);
  const text = await response;
  socket.destroy();
  return text;
};

describe('uploadimage', () => {
  test.each([
    ['JPEG', photoJpeg, '.jpg'],
    ['PNG', photoPng, '.png'],
    ['WebP', photoWebp, '.webp'],
  ])('a %s returns url and metadata, with the ext of its bytes', async (_format, photo, ext) => {
    const id = randomUUID();
    const { status, headers, body } = await glean.upload(`type=UGC&id=${id}&ds=GALLERY&cid=1`, await photo());
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    const metadata = { type: 'UGC', id, ds: 'GALLERY', cid: '1', ext };
    const key = Buffer.from(JSON.stringify(metadata)).toString('base64url');
    expect(body).toEqual({ url: `${server.url}/api/v1/images?key=${key}`, metadata });
  });

  test.each(addressTypes)('the type %s is accepted alone', async (type) => {
    const { body } = await glean.upload(`type=${type}`, await freshPhoto());
    expect(body.metadata).toEqual({ type, ext: '.png' });
    expect((await glean.get(`type=${type}`)).status).toBe(200);
  });

  test.each(['', 'type=', 'type=&id=&ds=&cid='])(
    'with %j is stored under an id of its own, whose key and url are returned',
    async (query) => {
      const photos = [await freshPhoto(), await freshPhoto()] as const;
      const uploads = [await glean.upload(query, photos[0]), await glean.upload(query, photos[1])] as const;
      for (const [index, { status, body }] of uploads.entries()) {
        expect(status).toBe(200);
        expect(body.metadata).toEqual({ type: 'UGC', id: expect.stringMatching(/^[0-9a-f-]{36}$/), ext: '.png' });
        const ways = [await fetch(body.url), await glean.get(`key=${keyOf(body.url)}`)];
        for (const { status } of ways) expect(status).toBe(200);
        const found = await glean.get(`type=UGC&id=${body.metadata.id}`);
        expect(found.bytes).toEqual(photos[index]);
      }
      expect(uploads[0].body.metadata.id).not.toBe(uploads[1].body.metadata.id);
    },
  );

  test('without a type keeps the parameters that it has', async () => {
    const { body } = await glean.upload('id=7&ds=GALLERY', await freshPhoto());
    expect(body.metadata).toEqual({ type: 'UGC', id: '7', ds: 'GALLERY', ext: '.png' });
    const { body: other } = await glean.upload('ds=GALLERY&cid=9', await freshPhoto());
    expect(other.metadata).toEqual({ type: 'UGC', id: expect.any(String), ds: 'GALLERY', cid: '9', ext: '.png' });
  });

  test('empty parameters are absent ones, which the response leaves out', async () => {
    const id = randomUUID();
    const { body } = await glean.upload(`type=USER&id=${id}&ds=&cid=`, await freshPhoto());
    expect(body.metadata).toEqual({ type: 'USER', id, ext: '.png' });
    expect((await glean.get(`key=&type=USER&id=${id}&ds=&cid=`)).status).toBe(200);
    expect((await glean.get(`type=USER&id=${id}`)).status).toBe(200);
    expect((await glean.get(`key=${keyOf(body.url)}&type=&id=&ds=&cid=`)).status).toBe(200);
  });

  test('a space comes as + or %20, a slash raw or escaped, and texts in any script', async () => {
    const { body } = await glean.upload('type=ICON&id=a+b%20c&ds=x/y%2Fz&cid=%E6%97%A5', await freshPhoto());
    expect(body.metadata).toMatchObject({ id: 'a b c', ds: 'x/y/z', cid: '日' });
    expect((await glean.get('type=ICON&id=a%20b+c&ds=x%2Fy/z&cid=%E6%97%A5')).status).toBe(200);
    expect((await glean.get(`key=${keyOf(body.url)}`)).status).toBe(200);
  });

  test('again to the same address replaces the bytes and keeps the image', async () => {
    const query = `type=HEADER&id=${randomUUID()}`;
    const first = await glean.upload(query, await freshPhoto());
    const photo = await photoWebp();
    const second = await glean.upload(query, photo);
    expect(second.body.metadata).toMatchObject({ ext: '.webp' });
    for (const { body } of [first, second]) {
      const response = await glean.get(`key=${keyOf(body.url)}`);
      expect([response.headers.get('content-type'), response.bytes.equals(photo)]).toEqual(['image/webp', true]);
    }
  });

  test('an address that is known with its document keeps it', async () => {
    const address = { type: 'DOCUMENT_IMAGE', entityId: randomUUID(), docid: 'GDRIVE_1' };
    const image = await uploadAddressedImage(server, address, await freshPhoto());
    const { body } = await glean.upload(`type=DOCUMENT_IMAGE&id=${address.entityId}`, await freshPhoto());
    expect(body.metadata).toEqual({ type: 'DOCUMENT_IMAGE', id: address.entityId, docid: 'GDRIVE_1', ext: '.png' });
    expect(keyOf(body.url)).toBe(image.metadata.key);
  });

  test.each([
    'image/*',
    'application/octet-stream',
    'image/jpeg',
    'text/html; charset=utf-8',
    'application/json',
    'multipart/form-data',
    'application/x-www-form-urlencoded',
    'png',
    ';',
  ])('the Content-Type %s says nothing of the body', async (type) => {
    const { status, body } = await glean.upload('type=LOGO', await freshPhoto(), { 'content-type': type });
    expect([status, body?.metadata.ext]).toEqual([200, '.png']);
  });

  test.each([
    ['two Content-Types, as Python sends them', ['content-type: application/octet-stream', 'Content-Type: image/png']],
    ['no Content-Type', []],
    ['an empty Cookie, as the TypeScript SDK sends it', ['Content-Type: image/*', 'cookie: ']],
    ['X-Glean-Auth-Type, whatever it is', ['X-Glean-Auth-Type: OAUTH']],
  ])('with %s', async (_case, lines) => {
    const photo = await freshPhoto();
    const response = await sendRaw('BACKGROUND', [...lines, `Content-Length: ${photo.length}`], [photo]);
    expect(response).toMatch(/^HTTP\/1\.1 200 .*"ext":"\.png"/s);
  });

  test('a chunked body in small pieces', async () => {
    const photo = await freshPhoto();
    const pieces = Array.from({ length: Math.ceil(photo.length / 40) }, (_, index) =>
      chunk(photo.subarray(index * 40, index * 40 + 40)),
    );
    const lines = ['Content-Type: image/*', 'Transfer-Encoding: chunked'];
    const response = await sendRaw('FEEDBACK', lines, [...pieces, chunk(Buffer.alloc(0))]);
    expect(response).toMatch(/^HTTP\/1\.1 200 .*"type":"FEEDBACK"/s);
  });
});

describe('images', () => {
  let photo: Buffer;
  let url: string;
  const query = 'type=UGC&id=fox&ds=GALLERY&cid=tail';
  beforeAll(async () => {
    photo = await taggedJpeg();
    url = (await glean.upload(query, photo)).body.url;
  });

  test.each([
    ['key', () => `key=${keyOf(url)}`],
    ['type, id, ds and cid', () => query],
  ])('by %s returns the file to the byte', async (_case, asked) => {
    const { status, headers, bytes } = await glean.get(asked());
    expect([status, bytes.equals(photo)]).toEqual([200, true]);
    expect(headers.get('content-type')).toBe('image/jpeg');
    expect(headers.get('content-length')).toBe(String(photo.length));
    expect(headers.get('cache-control')).toBe('private, max-age=60');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('the url of an upload works as it is', async () => {
    const response = await fetch(url, { headers: { authorization: 'Bearer token' }, redirect: 'error' });
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(photo)).toBe(true);
  });

  test('a key is read in every spelling of base64, also where each + became a space', async () => {
    // a text whose base64 has + and / in the standard alphabet, and padding
    const { body } = await glean.upload(`type=UGC&id=${encodeURIComponent('~~~???>>>ÿÿx')}`, photo);
    const standard = Buffer.from(keyOf(body.url), 'base64url').toString('base64');
    expect(standard).toMatch(/^(?=.*\+)(?=.*\/).*=$/);
    const urlSafe = standard.replaceAll('+', '-').replaceAll('/', '_');
    const unpadded = (key: string) => key.replaceAll('=', '');
    for (const key of [standard, unpadded(standard), urlSafe, unpadded(urlSafe), encodeURIComponent(standard)]) {
      expect((await glean.get(`key=${key}`)).status, key).toBe(200);
      expect((await glean.show(`key=${key}`)).status, key).toBe(200);
    }
  });

  test('a key whose ext is of other bytes names the same image', async () => {
    const members = { type: 'UGC', id: 'fox', ds: 'GALLERY', cid: 'tail', ext: '.webp' };
    const key = Buffer.from(JSON.stringify(members)).toString('base64');
    expect((await glean.get(`key=${key}`)).bytes.equals(photo)).toBe(true);
  });

  test('HEAD has the headers alone, and a client that has the bytes gets a 304', async () => {
    const head = await glean.call('HEAD', `/rest/api/v1/images?${query}`);
    expect([head.status, head.bytes.length]).toEqual([200, 0]);
    expect(head.headers.get('content-length')).toBe(String(photo.length));
    const etag = head.headers.get('etag') ?? '';
    const again = await glean.get(query, { 'if-none-match': etag });
    expect([again.status, again.bytes.length]).toEqual([304, 0]);
    expect((await glean.get(query, { 'if-none-match': '"other"' })).status).toBe(200);
    const headOfNothing = await glean.call('HEAD', '/rest/api/v1/images?type=UGC&id=nothing');
    expect([headOfNothing.status, headOfNothing.bytes.length]).toEqual([404, 0]);
  });

  test('what is not there is 404', async () => {
    const nothing = Buffer.from(JSON.stringify({ type: 'UGC', id: randomUUID() })).toString('base64url');
    for (const asked of ['type=UGC&id=nothing', 'type=UGC&id=fox&ds=GALLERY', `key=${nothing}`]) {
      for (const response of [await glean.get(asked), await glean.show(asked)]) {
        expect(response.status).toBe(404);
        expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(response.body).toEqual(problem(404, 'resource_not_found', expect.stringContaining('no image')));
        expect(response.body.request_id).toBe(response.headers.get('x-request-id'));
      }
    }
  });
});

describe('together with GraphQL', () => {
  const find = 'query($by: ImageBy!) { image(by: $by) { metadata { key address { entityId } } } }';

  test('what is uploaded here is found there by its key', async () => {
    const { body } = await glean.upload('type=USER&id=both', await freshPhoto());
    const { data } = await server.query(find, { by: { key: { accountId, key: keyOf(body.url) } } });
    expect(data.image.metadata).toEqual({ key: keyOf(body.url), address: { entityId: 'both' } });
  });

  test('what is uploaded or changed there is served here', async () => {
    const photo = await freshPhoto();
    const image = await uploadAddressedImage(server, { type: 'USER', entityId: 'there' }, photo);
    expect((await glean.get(`key=${image.metadata.key}`)).bytes.equals(photo)).toBe(true);
    const newPhoto = await freshPhoto();
    await changeImage(server, 'replaceImage', 'ReplaceImageInput', { id: image.id }, newPhoto);
    expect((await glean.get('type=USER&id=there')).bytes.equals(newPhoto)).toBe(true);
  });

  test('the alternative text and the focal point outlive an upload here', async () => {
    const metadata = { altText: 'A fox', focalPoint: { x: 0.2, y: 0.3 } };
    const address = { type: 'USER', entityId: 'kept' };
    const image = await uploadAddressedImage(server, address, await freshPhoto(), { metadata });
    await glean.upload('type=USER&id=kept', await freshPhoto());
    const after = await changeImage(server, 'updateImage', 'UpdateImageInput', { id: image.id });
    expect(after).toMatchObject({ id: image.id, version: 2, metadata });
  });
});
