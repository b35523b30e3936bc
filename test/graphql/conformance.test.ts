import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/test-server.js';

describe.each([
  ['open', true],
  ['open', false],
  ['keys', true],
  ['keys', false],
])('the GraphQL over HTTP specification with AUTH=%s, plain requests run directly: %s', (auth, directGraphql) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ AUTH: auth }, { directGraphql });
  });
  afterAll(() => server.close());
  const audits = serverAudits({ url: () => `${server.url}/graphql` });

  test('has 61 audits', () => {
    expect(audits).toHaveLength(61);
  });

  test.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_name, audit) => {
    const result = await audit.fn();
    expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
  });
});

test('a GET runs queries, needs no header, and never runs a mutation', async () => {
  const server = await startTestServer();
  const get = (query: string) => fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`);
  expect((await get('{ limits { pageMax } }')).status).toBe(200);
  const mutation = await get('mutation { deleteImage(input: { id: "x" }) { __typename } }');
  expect(mutation.status).toBe(405);
  await server.close();
});
