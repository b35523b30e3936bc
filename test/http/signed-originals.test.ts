import { createHash, createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/domain/identity/api-key.js';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import { bearer, makeKey, revoke } from '../support/keys.js';
import { newPhoto, taggedJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

const signingKey = 'first-key-first-key-first-key-32';
const olderKey = 'older-key-older-key-older-key-32';
const start = new Date('2030-01-01T00:00:00Z');
let now = start;

let server: TestServer;
let reader: Credentials;
let writer: Credentials;
let bytes: Buffer;
let image: { id: string; imageId: string; originalUrl: string };

/** Uploads with the writer's key. */
const upload = async (file: Uint8Array) => {
  const withKey = {
    ...server,
    upload: ((document, variables, files) =>
      server.upload(document, variables, files, bearer(writer))) as TestServer['upload'],
  };
  return uploadImage(withKey, file);
};

beforeAll(async () => {
  server = await startTestServer({ AUTH: 'keys', SIGNING_KEYS: `${signingKey},${olderKey}` }, { now: () => now });
  reader = await makeKey(server, { account: accountId, scopes: ['images.read'] });
  writer = await makeKey(server, { account: accountId, scopes: ['images.read', 'images.write'] });
  bytes = await taggedJpeg({ width: 100, height: 80 });
  image = await upload(bytes);
});
afterAll(() => server.close());
afterEach(() => {
  now = start;
});

const request = (id: string, expiresIn?: string, key: Credentials | null = reader) =>
  server.query(
    'query($id: ID!, $for: Duration) { image(by: { id: $id }) { signedOriginalUrl(expiresIn: $for) { url expiresOn } } }',
    { id, ...(expiresIn === undefined ? {} : { for: expiresIn }) },
    key ? bearer(key) : {},
  );
const signedUrl = async (id = image.id, expiresIn?: string): Promise<{ url: string; expiresOn: string }> => {
  const { data } = await request(id, expiresIn);
  return data.image.signedOriginalUrl;
};

describe('a signed URL of an original', () => {
  test('needs no key, serves the file to the byte, and may be shown by any page', async () => {
    const { url, expiresOn } = await signedUrl();
    expect(expiresOn).toBe('2030-01-01T01:00:00.000Z');
    const target = `${new URL(image.originalUrl).pathname}?exp=${Date.parse(expiresOn) / 1000}`;
    const signature = createHmac('sha256', signingKey).update(target).digest('base64url');
    expect(url).toBe(`${server.url}${target}&sig=${signature}`);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(response.headers.get('cache-control')).toBe('private, no-cache');
    expect((await fetch(image.originalUrl)).status).toBe(401);
  });

  test('honours HEAD, Range, If-None-Match and If-Match as the URL with a key does', async () => {
    const { url } = await signedUrl();
    const requests: RequestInit[] = [
      { method: 'HEAD' },
      { headers: { range: 'bytes=10-19' } },
      { headers: { range: 'bytes=999999-' } },
      { headers: { 'if-none-match': `"${createHash('sha256').update(bytes).digest('hex')}"` } },
      { headers: { 'if-match': '"other"' } },
    ];
    const statuses: number[] = [];
    for (const init of requests) {
      const signed = await fetch(url, init);
      const withKey = await fetch(image.originalUrl, { ...init, headers: { ...init.headers, ...bearer(reader) } });
      expect(signed.status).toBe(withKey.status);
      for (const name of ['content-length', 'content-range', 'content-disposition', 'etag', 'repr-digest']) {
        expect([name, signed.headers.get(name)]).toEqual([name, withKey.headers.get(name)]);
      }
      expect(await signed.text()).toBe(await withKey.text());
      statuses.push(signed.status);
    }
    expect(statuses).toEqual([200, 206, 416, 304, 412]);
  });

  test('works until it expires and not a second longer', async () => {
    const { url, expiresOn } = await signedUrl(image.id, 'PT10M30S');
    expect(expiresOn).toBe('2030-01-01T00:10:30.000Z');
    now = new Date('2030-01-01T00:10:29.999Z');
    expect((await fetch(url)).status).toBe(200);
    now = new Date('2030-01-01T00:10:30Z');
    for (const init of [{}, { headers: { 'if-none-match': '*' } }, { headers: bearer(reader) }]) {
      const response = await fetch(url, init);
      expect(response.status).toBe(403);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toEqual({ error: 'This URL has expired. Request a new one.' });
    }
  });

  test('is a 403 after any change, with a key too, and nothing is looked up for it', async () => {
    const other = await upload(await newPhoto());
    const { url } = await signedUrl();
    const key = (by: string, target: string) =>
      `${target}${target.includes('?') ? '&' : '?'}sig=${createHmac('sha256', by).update(target).digest('base64url')}`;
    const path = new URL(url).pathname;
    const changed = [
      url.replace(image.imageId, other.imageId),
      url.replace(accountId, 'ffffffff-0000-4000-8000-000000000000'),
      url.replace(accountId, accountId.toUpperCase()),
      url.replace(accountId, 'x'),
      url.replace(/exp=(\d+)/, 'exp=1$1'),
      url.replace(/exp=\d+&/, ''),
      url.replace('exp=', '%65xp='),
      `${url}&x=1`,
      `${url}x`,
      url.replace(/(sig=)(.*)/, (_all, name, value) => name + value.toLowerCase()),
      url.replace(/exp=(\d+)&(sig=.*)/, '$2&exp=$1'),
      `${image.originalUrl}?sig=`,
      `${server.url}${key('another-key-another-key-another!', `${path}?exp=9999999999`)}`,
      // signed, but for ever
      `${server.url}${key(signingKey, path)}`,
      // the signature of a public image
      `${server.url}${path}?${key(signingKey, '/images/abc?exp=9999999999').split('?')[1]}`,
    ];
    const before = server.sql.length;
    for (const target of changed) {
      for (const headers of [{}, bearer(reader)]) {
        const response = await fetch(target, { headers });
        expect([target, response.status, response.headers.get('cache-control')]).toEqual([target, 403, 'no-store']);
        expect(await response.json()).toEqual({ error: expect.stringContaining('is not signed, or was changed') });
      }
    }
    expect(server.sql.length).toBe(before);
  });

  test('signed by the older of two keys works', async () => {
    const target = `${new URL(image.originalUrl).pathname}?exp=${start.getTime() / 1000 + 60}`;
    const signature = createHmac('sha256', olderKey).update(target).digest('base64url');
    expect((await fetch(`${server.url}${target}&sig=${signature}`)).status).toBe(200);
  });

  test('serves a disabled image, and ends with a deleted one', async () => {
    const own = await upload(await newPhoto());
    const { url } = await signedUrl(own.id);
    const withKey = {
      ...server,
      query: ((document, variables) => server.query(document, variables, bearer(writer))) as TestServer['query'],
    };
    await changeImage(withKey, 'disableImage', 'ImageIdInput', { id: own.id });
    expect((await fetch(url)).status).toBe(200);
    await deleteImage(withKey, own.id);
    expect((await fetch(url)).status).toBe(404);
  });

  test('outlives the key that requested it', async () => {
    const temporary = await makeKey(server, { account: accountId, scopes: ['images.read'] });
    const { data } = await request(image.id, 'PT1H', temporary);
    await revoke(server, temporary.id);
    expect((await fetch(data.image.signedOriginalUrl.url)).status).toBe(200);
  });
});

describe('signedOriginalUrl', () => {
  test('needs the scope images.read, also where an image is at hand', async () => {
    const uploader = await makeKey(server, { account: accountId, scopes: ['images.write'] });
    const { data, errors } = await server.upload(
      `mutation($input: UploadImageInput!) { uploadImage(input: $input) {
        ... on UploadImagePayload { image { signedOriginalUrl { url } } } } }`,
      { input: { file: null } },
      { 'input.file': await newPhoto() },
      bearer(uploader),
    );
    expect(data?.uploadImage ?? null).toBeNull();
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'FORBIDDEN' },
      message: expect.stringContaining('images.read'),
    });
  });

  test.each([
    ['PT1S', 1],
    ['P7D', 604_800],
    ['P1W', 604_800],
    ['P1DT2H3M4S', 93_784],
  ])('accepts %s as %i seconds', async (text, seconds) => {
    expect((await signedUrl(image.id, text)).expiresOn).toBe(new Date(start.getTime() + 1000 * seconds).toISOString());
  });

  test.each(['PT0S', 'P8D', 'PT604801S'])('refuses %s with the limit', async (text) => {
    const { errors } = await request(image.id, text);
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'INVALID_INPUT' },
      message: expect.stringContaining('from 1 to 604800 seconds'),
    });
  });

  test.each(['P', 'PT', 'P1M', 'P1Y', 'PT1.5S', '-PT1S', 'PT1H1W', 'P1WT1H', '60', '', 'PT1S\n'])(
    'refuses %j, which is no duration of a fixed length',
    async (text) => {
      const { errors } = await request(image.id, text);
      expect(errors?.[0]?.message).toContain('such as P1W, P1DT12H or PT10M');
    },
  );

  test('without SIGNING_KEYS, works as long as the server runs', async () => {
    const open = await startTestServer();
    try {
      const { id } = await uploadImage(open, await newPhoto());
      const { data } = await open.query('query($id: ID!) { image(by: { id: $id }) { signedOriginalUrl { url } } }', {
        id,
      });
      const { url } = data.image.signedOriginalUrl;
      expect((await fetch(url)).status).toBe(200);
      expect((await fetch(url.replace('exp=', 'exp=1'))).status).toBe(403);
      const restarted = await startTestServer();
      expect((await fetch(url.replace(open.url, restarted.url))).status).toBe(403);
      await restarted.close();
    } finally {
      await open.close();
    }
  });
});
