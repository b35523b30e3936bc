import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultLimits } from '../../src/domain/limits.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ MAX_SOURCE_PIXELS: '1000000' });
});
afterAll(() => server.close());

test('the limits query returns every limit as it is configured', async () => {
  const { data } = await server.query(`{ limits { ${Object.keys(defaultLimits).join(' ')} } }`);
  expect(data.limits).toEqual({ ...defaultLimits, sourcePixels: 1_000_000 });
});

test.each([
  ['tokens', () => `{ ${'__typename '.repeat(2_001)} }`, '2000 tokens'],
  ['aliases', () => `{ ${Array.from({ length: 31 }, (_, index) => `a${index}: __typename`).join(' ')} }`, '30 aliases'],
  ['nesting', () => `${'{ a '.repeat(1_500)}${'}'.repeat(1_500)}`, 'tokens'],
  [
    'cost',
    () => {
      const all =
        'id imageId publicId version width height url link sha256 metadata { altText } placeholder { thumbhash }';
      const page = (alias: string) => `${alias}: images(accountId: "${accountId}", first: 200) { nodes { ${all} } }`;
      return `{ ${['a', 'b', 'c', 'd', 'e'].map(page).join(' ')} }`;
    },
    'cost',
  ],
  [
    'introspection',
    () => '{ __schema { types { a: name b: name } } }',
    '"name" of the introspection must not have an alias',
  ],
  ['names', () => '{ then: limits { fileBytes } }', 'The alias "then" is not accepted'],
  ['names', () => '{ limits { then: fileBytes } }', 'The alias "then" is not accepted'],
  ['introspection', () => '{ a: __schema { description } }', '"__schema" of the introspection must not have an alias'],
])('a document beyond the limit of %s is refused with that limit', async (_name, document, wording) => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: document() }),
  });
  const { errors } = (await response.json()) as { errors: { message: string }[] };
  expect(response.status).toBe(400);
  expect(errors[0]?.message).toContain(wording);
});

test('two megabytes of JSON are refused with the limit, chunked or not', async () => {
  const body = JSON.stringify({ query: '{ __typename }', variables: { pad: 'x'.repeat(2_000_000) } });
  const chunked = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body));
      controller.close();
    },
  });
  for (const sent of [body, chunked]) {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: sent,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
    expect(((await response.json()) as { errors: { message: string }[] }).errors[0]?.message).toContain('1048576');
  }
});

test.each(['{', '[]', '""', 'null', '{"query":5}', '[{"query":"{ __typename }"}]', '{"query":"{"}', ''])(
  'the JSON body %j is a 400, never a failure of the server',
  async (body) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body,
    });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { errors: unknown[] }).errors.length).toBeGreaterThan(0);
  },
);

test('several types may be looked up in one introspection', async () => {
  const { data, errors } = await server.query(
    '{ a: __type(name: "Image") { name } b: __type(name: "MetalImage") { name } }',
  );
  expect(errors).toBeUndefined();
  expect(data).toEqual({ a: { name: 'Image' }, b: { name: 'MetalImage' } });
});

test.each([
  ['of images', (index: number) => `Image:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`],
  [
    'of images and metal images',
    (index: number) => (index % 2 ? `Image:${randomUUID()}` : `MetalImage:image-${index}`),
  ],
  ['that no image has', (index: number) => `Image:x${index}`],
])('nodes accepts no more ids %s than a page has items', async (_case, idOf) => {
  const query = 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }';
  const ids = Array.from({ length: 201 }, (_, index) => Buffer.from(idOf(index)).toString('base64url'));
  const { errors } = await server.query(query, { ids });
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining('ids: Accepts at most 200 ids'),
    extensions: { code: 'INVALID_INPUT' },
  });
  expect((await server.query(query, { ids: ids.slice(1) })).data.nodes).toEqual(ids.slice(1).map(() => null));
});

test.each(['variables', 'extensions'])('%s that are no JSON are a 400 in a URL and in a form', async (name) => {
  const parameters = new URLSearchParams({ query: '{ __typename }', [name]: '{' });
  const accept = { accept: 'application/graphql-response+json' };
  for (const response of [
    await fetch(`${server.url}/graphql?${parameters}`, { headers: accept }),
    await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { ...accept, 'apollo-require-preflight': '1' },
      body: parameters,
    }),
  ]) {
    expect([response.status, await response.json()]).toEqual([
      400,
      { errors: [{ message: expect.stringContaining(`"${name}"`), extensions: { code: 'BAD_REQUEST' } }] },
    ]);
  }
});
