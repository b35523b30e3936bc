import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Scope } from '../../../src/domain/identity/scope.js';
import { open, responseOn } from '../../graphql/uploads/raw-request.js';
import { bearer, makeKey, withWrongSecret } from '../../support/keys.js';
import { decode, plainPng, taggedJpeg } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';
import { type GleanClient, openGleanClient, problem, spooledFiles } from './glean-client.js';

type Fields = Record<string, string>;

const otherAccount = randomUUID();
const both: readonly Scope[] = ['images.read', 'images.write'];
const unauthenticated = problem(401, 'authentication_required', expect.any(String));
const forbidden = (detail: string) => problem(403, 'insufficient_permissions', expect.stringContaining(detail));
const noAccount = problem(400, 'invalid_request', expect.stringContaining('GLEAN_ACCOUNT_ID'));

let photo: Buffer;
beforeAll(async () => {
  photo = await taggedJpeg();
});

let server: TestServer;
let glean: GleanClient;
const keyOf = async (account: string | null, scopes = both) => bearer(await makeKey(server, { account, scopes }));
const wrongKey = async () => bearer(withWrongSecret(await makeKey(server, { account: accountId, scopes: both })));
const start = async (variables: Fields) => {
  server = await startTestServer(variables);
  glean = await openGleanClient(server);
};
const queryOf = (url: string) => new URL(url).search.slice(1);

describe('a server that asks for keys', () => {
  beforeAll(() => start({ AUTH: 'keys' }));
  afterAll(() => server.close());

  test('responds with 401 and Bearer to a caller without a valid key, whatever else is wrong', async () => {
    for (const headers of [{}, await wrongKey(), { authorization: 'Bearer glean-token' }] as Fields[]) {
      for (const response of [
        await glean.get('type=nothing', headers),
        await glean.show('type=UGC', headers),
        await glean.upload('type=nothing', photo, { ...headers, 'X-Glean-ActAs': 'nobody' }),
      ]) {
        expect([response.status, response.body]).toEqual([401, unauthenticated]);
        expect(response.headers.get('www-authenticate')).toBe('Bearer realm="image-facade"');
        expect(response.headers.get('cache-control')).toBe('no-store');
      }
    }
  });

  test.each([
    ['without a key', async () => ({}) as Fields, 401],
    ['with a key that may only read', () => keyOf(accountId, ['images.read']), 403],
  ])('refuses an upload %s before a byte of the body is read', async (_case, headers, status) => {
    const lines = Object.entries(await headers()).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = await open(Number(new URL(server.url).port));
    const response = responseOn(socket);
    // the whole of the body never comes
    socket.write(`POST /rest/api/v1/uploadimage?type=UGC HTTP/1.1\r\nHost: x\r\n${lines}Content-Length: 9999\r\n\r\n`);
    expect(await response).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(await spooledFiles(server)).toEqual([]);
    socket.destroy();
  });

  test('wants images.write for an upload and images.read for the rest', async () => {
    const writer = await keyOf(accountId, ['images.write']);
    const reader = await keyOf(accountId, ['images.read']);
    const { status, body } = await glean.upload('type=UGC&id=scopes', photo, writer);
    expect(status).toBe(200);
    const refused = await glean.upload('type=UGC&id=scopes', photo, reader);
    expect([refused.status, refused.body]).toEqual([403, forbidden('images.write')]);
    const query = queryOf(body.url);
    for (const response of [await glean.get(query, writer), await glean.show(query, writer)]) {
      expect([response.status, response.body]).toEqual([403, forbidden('images.read')]);
    }
    for (const response of [await glean.get(query, reader), await glean.show(query, reader)]) {
      expect([response.status, response.bytes.equals(photo)]).toEqual([200, true]);
      expect(response.headers.get('cache-control')).toMatch(/^private/);
    }
  });

  test('uses the account of the key, so that one account sees nothing of another', async () => {
    const own = await keyOf(accountId);
    const other = await keyOf(otherAccount);
    await glean.upload('type=LOGO', photo, own);
    expect((await glean.get('type=LOGO', other)).status).toBe(404);
    const otherPhoto = await plainPng({ width: 5, height: 5 }, [1, 2, 3]);
    await glean.upload('type=LOGO', otherPhoto, other);
    expect((await glean.get('type=LOGO', own)).bytes.equals(photo)).toBe(true);
    expect((await glean.get('type=LOGO', other)).bytes.equals(otherPhoto)).toBe(true);
  });

  test('explains to the holder of a key for all accounts how to name one', async () => {
    const headers = await keyOf(null);
    for (const response of [
      await glean.get('type=LOGO', headers),
      await glean.show('type=LOGO', headers),
      await glean.upload('type=LOGO', photo, headers),
    ]) {
      expect([response.status, response.body]).toEqual([400, noAccount]);
    }
  });
});

describe('a server that asks for keys and has GLEAN_ACCOUNT_ID', () => {
  let everywhere: Fields;
  let url: string;
  beforeAll(async () => {
    await start({ AUTH: 'keys', GLEAN_ACCOUNT_ID: accountId });
    everywhere = await keyOf(null);
    url = (await glean.upload('type=UGC&id=1', photo, everywhere)).body.url;
  });
  afterAll(() => server.close());

  test('takes that account where the key is for all, and the account of the key where it is for one', async () => {
    expect((await glean.get('type=UGC&id=1', await keyOf(accountId))).status).toBe(200);
    const other = await keyOf(otherAccount);
    expect((await glean.get('type=UGC&id=1', other)).status).toBe(404);
    expect((await glean.show('type=UGC&id=1', other)).status).toBe(404);
  });

  test('shows the image of the url to everybody, in its size and format, and nothing else of the file', async () => {
    const response = await fetch(url, { redirect: 'error' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('cache-control')).toBe('public, max-age=3600');
    expect(response.headers.get('vary')).toBe('Authorization');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    const bytes = Buffer.from(await response.arrayBuffer());
    for (const secret of ['private words', 'Exif', 'xmpmeta']) {
      expect([photo.includes(secret), bytes.includes(secret)]).toEqual([true, false]);
    }
    expect(await decode(bytes)).toMatchObject({ width: 320, height: 200 });
  });

  test('spares everybody what they have: a 304, and a HEAD without a body', async () => {
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    const etag = head.headers.get('etag') ?? '';
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
    // one URL, two answers: what names the one does not name the other
    expect((await glean.show(queryOf(url), { ...everywhere, 'if-none-match': etag })).status).toBe(200);
  });

  test('treats an empty Authorization as none', async () => {
    expect((await glean.show(queryOf(url), { authorization: '' })).status).toBe(200);
  });

  test('asks for a key everywhere else, and does not take a bad one for none', async () => {
    expect((await glean.get('type=UGC&id=1')).status).toBe(401);
    expect((await glean.upload('type=UGC&id=1', photo)).status).toBe(401);
    expect((await glean.show('type=UGC&id=1', await wrongKey())).status).toBe(401);
    expect((await glean.show('type=UGC&id=1', await keyOf(accountId, ['images.write']))).status).toBe(403);
  });

  test('shows everybody nothing of another account', async () => {
    const other = await keyOf(otherAccount);
    const { body } = await glean.upload('type=UGC&id=2', photo, other);
    expect((await glean.show(queryOf(body.url), other)).status).toBe(200);
    expect((await glean.show(queryOf(body.url))).status).toBe(404);
  });
});

describe('a server that asks for no key', () => {
  afterAll(() => server.close());

  test('needs GLEAN_ACCOUNT_ID, and says so', async () => {
    await start({});
    for (const headers of [{}, { authorization: 'Bearer token' }] as Fields[]) {
      for (const response of [
        await glean.get('type=LOGO', headers),
        await glean.show('type=LOGO', headers),
        await glean.upload('type=LOGO', photo, headers),
      ]) {
        expect([response.status, response.body]).toEqual([400, noAccount]);
      }
    }
    await server.close();
  });

  test('takes any bearer or none, and shows the url as it will be shown where keys are asked for', async () => {
    await start({ GLEAN_ACCOUNT_ID: accountId });
    const { status, body } = await glean.upload('type=LOGO', photo);
    expect(status).toBe(200);
    const token = { authorization: 'Bearer some-glean-token' };
    for (const response of [
      await glean.get('type=LOGO', token),
      await glean.get('type=LOGO'),
      await glean.show('type=LOGO', token),
    ]) {
      expect(response.bytes.equals(photo)).toBe(true);
    }
    const shown = await glean.show(queryOf(body.url));
    expect([shown.status, shown.bytes.includes('private words')]).toEqual([200, false]);
  });

  test.each<Fields>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('accepts no upload from a page of another site, which sends %j', async (headers) => {
    const response = await glean.upload('type=LOGO', photo, headers);
    expect([response.status, response.body]).toEqual([403, forbidden('page of another site')]);
  });

  test('accepts an upload from a page of its own', async () => {
    for (const headers of [{ origin: server.url }, { 'sec-fetch-site': 'same-origin' }] as Fields[]) {
      expect((await glean.upload('type=LOGO', photo, headers)).status).toBe(200);
    }
  });
});

test('beyond the rate limit of a key it is 429 as a problem that says when to come back', async () => {
  await start({ AUTH: 'keys', RATE_LIMIT_MAX: '1' });
  const key = await keyOf(accountId);
  expect((await glean.upload('type=LOGO', photo, key)).status).toBe(200);
  const { status, headers, body } = await glean.upload('type=LOGO', photo, key);
  expect([status, body]).toEqual([429, problem(429, 'rate_limit_exceeded', expect.stringContaining('Too many'))]);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await glean.upload('type=LOGO', photo, await keyOf(accountId))).status).toBe(200);
  await server.close();
});
