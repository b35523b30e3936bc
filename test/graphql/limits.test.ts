import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultLimits } from '../../src/domain/limits.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ MAX_SOURCE_PIXELS: '1000000' });
});
afterAll(() => server.close());

test('the limits query tells every limit as it is configured', async () => {
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
])('a document beyond the limit of %s is refused with that limit', async (_name, document, told) => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: document() }),
  });
  const { errors } = (await response.json()) as { errors: { message: string }[] };
  expect(response.status).toBe(400);
  expect(errors[0]?.message).toContain(told);
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

test('nodes takes no more ids than a page has items', async () => {
  const ids = Array.from({ length: 201 }, (_, index) =>
    Buffer.from(`Image:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`).toString('base64url'),
  );
  const { errors } = await server.query('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
  expect(errors?.[0]?.message).toContain('200');
});
