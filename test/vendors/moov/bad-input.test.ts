import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainPng } from '../../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';
import { type MoovClient, openMoovClient } from './moov-client.js';

let server: TestServer;
let moov: MoovClient;
let imageID: string;
beforeAll(async () => {
  server = await startTestServer();
  moov = await openMoovClient(server);
  imageID = (await moov.send('POST', '', { image: await plainPng({ width: 9, height: 9 }, [1, 2, 3]) })).body.imageID;
});
afterAll(() => server.close());

const isError = { error: expect.any(String) };
const json = { 'content-type': 'application/json' };

describe('X-Moov-Version', () => {
  test.each(['2022', 'v2026.7', 'newest'])('%s is 404 on every operation', async (version) => {
    const headers = { 'x-moov-version': version };
    for (const [method, path] of [
      ['GET', ''],
      ['POST', ''],
      ['GET', `/${imageID}`],
      ['DELETE', `/${imageID}`],
    ] as const) {
      const response = await moov.call(method, path, { headers });
      expect([response.status, response.body]).toEqual([404, isError]);
    }
  });

  test.each(['v2024.01.00', 'latest', 'dev', 'v2026.08.00', 'v2026.10.00', ''])('"%s" is accepted', async (version) => {
    expect((await moov.call('GET', '', { headers: { 'x-moov-version': version } })).status).toBe(200);
  });

  test('decides the response to a duplicate', async () => {
    const image = await plainPng({ width: 8, height: 8 }, [4, 5, 6]);
    const { body: existing } = await moov.send('POST', '', { image, metadata: '{"altText":"there"}' });
    const again = async (version: string) => {
      const { status, body } = await moov.send('POST', '', { image }, { 'x-moov-version': version });
      return [status, body];
    };
    expect(await again('v2026.07.00')).toEqual([409, isError]);
    expect(await again('latest')).toEqual([409, isError]);
    expect(await again('v2026.10.00')).toEqual([409, existing]);
    const update = await moov.send('PATCH', `/${imageID}`, { image }, { 'x-moov-version': 'v2026.10.00' });
    expect([update.status, update.body]).toEqual([409, isError]);
  });
});

describe('ids', () => {
  test.each([
    'x',
    '1',
    'null',
    '..%2F..',
    '%00',
    '%F0%9F%90%9E',
    `${randomUUID()}x`,
    'a'.repeat(400),
    '%27%20OR%201=1',
  ])('an image "%s" is 400', async (id) => {
    for (const method of ['GET', 'DELETE', 'PATCH', 'PUT']) {
      const response = await moov.call(method, `/${id}`);
      expect([response.status, response.body]).toEqual([
        400,
        { error: expect.stringContaining('imageID: Must be a UUID.') },
      ]);
    }
  });

  test('an account that is no UUID is 400', async () => {
    const other = await openMoovClient(server, 'me');
    expect(await other.call('GET', '')).toMatchObject({ status: 400, body: { error: 'accountID: Must be a UUID.' } });
  });

  test.each([
    ['has malformed escapes', '/%zz'],
    ['has escapes that are no UTF-8', '/%E0%A4'],
    ['is longer than any id', `/${'a'.repeat(600)}`],
  ])('a path that %s is 400', async (_case, path) => {
    const { status, body } = await moov.call('GET', path);
    expect([status, body]).toEqual([400, isError]);
  });
});

describe('metadata', () => {
  const put = (headers: Record<string, string>, body?: string) =>
    moov.call('PUT', `/${imageID}/metadata`, { headers, ...(body === undefined ? {} : { body }) });

  test.each([
    ['that is no JSON', json, '{"altText":'],
    ['that is empty', json, ''],
    ['that is null', json, 'null'],
    ['that is a list', json, '[{"altText":"x"}]'],
    ['that is text', json, '"altText"'],
    ['that reaches for a prototype', json, '{"__proto__":{"altText":"x"}}'],
    ['that is not there', {}, undefined],
  ])('%s is 400', async (_case, headers, body) => {
    const response = await put(headers as Record<string, string>, body);
    expect([response.status, response.body]).toEqual([400, isError]);
  });

  test.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'as %s is 415',
    async (type) => {
      const response = await put({ 'content-type': type }, 'altText=x');
      expect([response.status, response.body]).toEqual([415, isError]);
    },
  );

  test('of more than a mebibyte is 422', async () => {
    const response = await put(json, JSON.stringify({ altText: 'x'.repeat(1_100_000) }));
    expect([response.status, response.body]).toEqual([422, { altText: expect.any(String) }]);
  });

  test.each([[5], [true], [['x']], [{ text: 'x' }], ['\ud800']])('with the altText %j is 422', async (altText) => {
    const response = await put(json, JSON.stringify({ altText }));
    expect([response.status, response.body]).toEqual([422, { altText: expect.any(String) }]);
  });

  test('with JSON in another charset or with parameters is read as JSON', async () => {
    expect((await put({ 'content-type': 'application/json; charset=utf-8' }, '{"altText":"é"}')).body.altText).toBe(
      'é',
    );
  });
});

test.each([
  ['POST', `/${randomUUID()}`],
  ['DELETE', ''],
  ['GET', `/${randomUUID()}/metadata`],
  ['PUT', ''],
])('%s "%s" is served by other methods alone, and says so in the same form', async (method, path) => {
  const { status, body, headers } = await moov.call(method, path);
  expect([status, body]).toEqual([405, isError]);
  expect(headers.get('allow')).not.toContain(method);
});

test('a failure of the server is masked, in the same form', async () => {
  const broken = await startTestServer(
    {},
    {
      processor: (real) => ({
        ...real,
        inspect: async () => {
          throw new Error('secret path /var/lib');
        },
      }),
    },
  );
  const client = await openMoovClient(broken, accountId);
  const { status, body } = await client.send('POST', '', { image: await plainPng({ width: 9, height: 9 }, [7, 7, 7]) });
  expect([status, body]).toEqual([500, { error: expect.not.stringContaining('secret') }]);
  await broken.close();
});
