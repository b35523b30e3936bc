import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../src/domain/identity/api-key.js';
import { accountScopes, scopes } from '../../src/domain/identity/scope.js';
import { uploadImage } from '../support/image-operations.js';
import { basic, bearer, makeKey, makeKeyOfEarlierVersion, makeRevokedKey, withWrongSecret } from '../support/keys.js';
import { photoJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';
import { requestHead, responseOn } from './uploads/raw-request.js';

const appOrigin = 'https://app.example.com';
const otherAccountId = randomUUID();

let server: TestServer;
let mine: Credentials;
let theirs: Credentials;
beforeAll(async () => {
  server = await startTestServer({ AUTH: 'keys', CORS_ORIGINS: appOrigin });
  mine = await makeKey(server, { account: accountId, scopes: accountScopes });
  theirs = await makeKey(server, { account: otherAccountId, scopes: accountScopes });
});
afterAll(() => server.close());

const viewerDocument = '{ viewer { kind keyId accountId scopes } }';

describe('viewer reports', () => {
  test('who sent a key, its account and what its scopes allow', async () => {
    const key = await makeKey(server, { account: accountId, scopes: ['images.read'] });
    expect((await server.query(viewerDocument, {}, basic(key))).data.viewer).toEqual({
      kind: 'KEY',
      keyId: key.id,
      accountId,
      scopes: ['IMAGES_READ'],
    });
    const admin = await makeKey(server, { account: null, scopes: ['admin'] });
    expect((await server.query(viewerDocument, {}, bearer(admin))).data.viewer).toMatchObject({
      accountId: null,
      scopes: expect.arrayContaining(['IMAGES_READ', 'IMAGES_WRITE', 'METAL_VIEW', 'ADMIN']),
    });
  });

  test('nothing of metal images to a key of one account, whatever its scopes: they belong to no account', async () => {
    for (const granted of [['admin'] as const, scopes]) {
      const key = await makeKeyOfEarlierVersion(server, { account: accountId, scopes: granted });
      const { data } = await server.query(viewerDocument, {}, bearer(key));
      expect(data.viewer.scopes).toEqual(['IMAGES_READ', 'IMAGES_WRITE', 'ADMIN']);
      const asToken = await fetch(`${server.url}/oauth2/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...basic(key) },
        body: JSON.stringify({ grant_type: 'client_credentials', scope: 'metal.admin metal.view' }),
      });
      expect([asToken.status, await asToken.json()]).toEqual([422, { scope: expect.any(String) }]);
    }
  });

  test('who sent none that nothing is allowed', async () => {
    expect((await server.query(viewerDocument)).data.viewer).toEqual({
      kind: 'ANONYMOUS',
      keyId: null,
      accountId: null,
      scopes: [],
    });
  });

  test('that an open server allows everything, and looks at no key', async () => {
    const open = await startTestServer();
    for (const headers of [{}, bearer(mine), { authorization: 'nonsense' }]) {
      const { data } = await open.query(viewerDocument, {}, headers);
      expect(data.viewer).toMatchObject({ kind: 'OPEN', keyId: null, accountId: null });
      expect(data.viewer.scopes).toHaveLength(scopes.length);
    }
    await open.close();
  });
});

describe('without a key', () => {
  test('the schema can be explored', async () => {
    expect((await server.query('{ __schema { queryType { name } } }')).data.__schema.queryType.name).toBe('Query');
  });

  test('GraphiQL opens, and explains how to send a key and that the browser stores it', async () => {
    const page = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain('Authorization');
    expect(html).toContain('This browser keeps the headers, and the secret in them');
  });

  test('a 401 asks for a Bearer alone: for Basic a browser would ask its user', async () => {
    const responses = [
      await post({ query: `{ images(accountId: "${accountId}") { totalCount } }` }),
      await post({ query: '{ image(by: { publicId: "no id" }) { id } }' }),
      await post({ query: '{ image(by: { publicId: "0XOgJ1Ri6dgXcexmsieFs" }) { id } }' }),
      await post({ query: '{ viewer { kind } }' }, bearer(withWrongSecret(mine))),
    ];
    for (const response of responses) {
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="image-facade"');
      expect(response.headers.get('content-type')).toContain('json');
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }
  });

  test('a page of an allowed origin can read why it was refused', async () => {
    const response = await post({ query: '{ viewer { kind } }' }, { origin: appOrigin, authorization: 'nonsense' });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe(appOrigin);
  });
});

const post = (body: object, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('an upload is refused before a byte of it is read', () => {
  const headOnly = (headers: Record<string, string>): Promise<string> => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(requestHead({ 'Content-Length': 10_000_000, ...headers }));
    return responseOn(socket).finally(() => socket.destroy());
  };

  test.each([
    ['without a key', async () => ({})],
    ['with a wrong secret', async () => bearer(withWrongSecret(mine))],
    [
      'with a revoked key',
      async () => basic(await makeRevokedKey(server, { account: accountId, scopes: accountScopes })),
    ],
    ['with something else', async () => ({ authorization: 'Digest username="x"' })],
  ])('%s', async (_name, headers) => {
    const response = await headOnly(await headers());
    expect(response).toMatch(/^HTTP\/1\.1 401 /);
    expect(response).toContain('UNAUTHENTICATED');
    expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
  });

  test('with a key that may not write images', async () => {
    const key = await makeKey(server, { account: null, scopes: ['images.read', 'metal.admin'] });
    const response = await headOnly(bearer(key));
    expect(response).toMatch(/^HTTP\/1\.1 403 /);
    expect(response).toContain('"This needs a key with the scope images.write."');
    expect(await readdir(join(server.dataFolder, 'tmp'))).toEqual([]);
  });
});

describe('nothing of an account is revealed to another', () => {
  const upload = async (key: Credentials, account: string, bytes: Uint8Array) => {
    const { data } = await server.upload(
      `mutation($input: UploadImageInput!) { result: uploadImage(input: $input) {
          __typename ... on UploadImagePayload { image { __typename id imageId sha256 } } ... on Error { code message } } }`,
      { input: { accountId: account, file: null } },
      { 'input.file': bytes },
      bearer(key),
    );
    return data.result.image ?? data.result;
  };

  test('by uploading what it has: that is an image like any other', async () => {
    const bytes = await photoJpeg({ width: 41, height: 31 });
    expect(await upload(mine, accountId, bytes)).toMatchObject({ __typename: 'Image' });
    expect(await upload(theirs, otherAccountId, bytes)).toMatchObject({ __typename: 'Image' });
    expect(await upload(theirs, otherAccountId, bytes)).toMatchObject({ code: 'DUPLICATE_IMAGE' });
  });

  test('by the words for its images: they are those for an image that does not exist', async () => {
    const image = await upload(mine, accountId, await photoJpeg({ width: 42, height: 31 }));
    const unknown = randomUUID();
    const disable = async (imageId: string) => {
      const input = { id: Buffer.from(`Image:${imageId}`).toString('base64url') };
      const document = `mutation($input: ImageIdInput!) {
        disableImage(input: $input) { __typename ... on Error { code message } } }`;
      const { data } = await server.query(document, { input }, bearer(theirs));
      return JSON.stringify(data).replaceAll(imageId, '*');
    };
    expect(await disable(image.imageId)).toBe(await disable(unknown));
  });

  test('by the words for its lists: they are those for an account that does not exist', async () => {
    const list = async (account: string) => {
      const document = `{ images(accountId: "${account}") { totalCount } }`;
      const { errors } = await server.query(document, {}, bearer(theirs));
      return JSON.stringify(errors).replaceAll(account, '*');
    };
    expect(await list(accountId)).toBe(await list(randomUUID()));
  });
});

test('a caller that may write an image sees the result, and may look up nothing', async () => {
  const writer = await makeKey(server, { account: accountId, scopes: ['images.write'] });
  const keyed = { ...server, upload: withHeaders(bearer(writer)) } as TestServer;
  const image = await uploadImage(keyed, await photoJpeg({ width: 43, height: 31 }), { altText: 'mine' });
  expect(image).toMatchObject({ __typename: 'Image', width: 43, metadata: { altText: 'mine' } });
  const { errors } = await server.query('query($id: ID!) { node(id: $id) { id } }', { id: image.id }, bearer(writer));
  expect(errors).toMatchObject([{ message: 'This needs a key with one of the scopes images.read, metal.view.' }]);
});

const withHeaders =
  (headers: Record<string, string>): TestServer['upload'] =>
  (document, variables, files) =>
    server.upload(document, variables, files, headers);
