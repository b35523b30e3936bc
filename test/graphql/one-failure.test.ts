import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeKey } from '../support/keys.js';
import { photoJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ AUTH: 'keys' });
});
afterAll(() => server.close());

const limits = 'limits { pageMax }';

describe('a root field that fails is null alone', () => {
  const failing = [
    ['images', `images(accountId: "${accountId}", after: "nonsense") { totalCount }`, 'INVALID_INPUT'],
    [
      'imagePage',
      `imagePage(accountId: "${accountId}", filter: { mimeType: "text/plain" }) { hasMore }`,
      'INVALID_INPUT',
    ],
    ['image', 'image(by: { id: "nonsense" }) { id }', 'INVALID_INPUT'],
    ['metalImages', 'metalImages { totalCount }', 'FORBIDDEN'],
    ['metalImage', 'metalImage(by: { imageId: "a-1" }) { id }', 'FORBIDDEN'],
    ['latestMetalImage', 'latestMetalImage(imageId: "a-1") { id }', 'FORBIDDEN'],
    ['matchingMetalImages', 'matchingMetalImages(imageId: "a-1") { id }', 'FORBIDDEN'],
  ] as const;

  test.each(failing)('%s', async (name, field, code) => {
    const key = await makeKey(server, { account: accountId, scopes: ['images.read'] });
    const headers = { authorization: `Bearer ${key.id}.${key.secret}` };
    const { status, data, errors } = await server.query(`{ ${limits} ${field} }`, {}, headers);
    expect(status).toBe(200);
    expect(data).toEqual({ limits: { pageMax: 200 }, [name]: null });
    expect(errors).toMatchObject([{ path: [name], extensions: { code } }]);
  });
});

test('a key of one account need not name it', async () => {
  const key = await makeKey(server, { account: accountId, scopes: ['images.read', 'images.write'] });
  const headers = { authorization: `Bearer ${key.id}.${key.secret}` };
  const { data } = await server.upload(
    `mutation($input: UploadImageInput!) { uploadImage(input: $input) {
      ... on UploadImagePayload { image { id accountId } imageEdge { cursor node { id } } reenabled } } }`,
    { input: { file: null } },
    { 'input.file': await photoJpeg({ width: 37, height: 29 }) },
    headers,
  );
  const { image, imageEdge, reenabled } = data.uploadImage;
  expect([image.accountId, reenabled]).toEqual([accountId, false]);
  const lists = await server.query(
    '{ images { edges { cursor node { id } } } imagePage { items { id } } }',
    {},
    headers,
  );
  // the edge of the payload is the one of the list, so that a client can insert it
  expect(lists.data).toEqual({ images: { edges: [imageEdge] }, imagePage: { items: [{ id: image.id }] } });
});

test('a key of all accounts has to name one', async () => {
  const key = await makeKey(server, { account: null, scopes: ['images.read'] });
  const headers = { authorization: `Bearer ${key.id}.${key.secret}` };
  const { data, errors } = await server.query(`{ ${limits} images { totalCount } }`, {}, headers);
  expect(data).toEqual({ limits: { pageMax: 200 }, images: null });
  expect(errors).toMatchObject([{ message: expect.stringContaining('accountId: Is required'), path: ['images'] }]);
});
