import { createHash } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PersistedQueries } from '../../src/graphql/persisted-queries.js';
import { startTestServer } from '../support/test-server.js';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const extensionOf = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });

const start = async (variables: Record<string, string> = {}) => {
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  const post = async (body: object, accept = 'application/json') => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(body),
    });
    return { status: response.status, ...((await response.json()) as { data?: unknown; errors?: unknown }) };
  };
  const get = async (parameters: Record<string, string>) => {
    const response = await fetch(`${server.url}/graphql?${new URLSearchParams(parameters)}`);
    return { status: response.status, ...((await response.json()) as { data?: unknown; errors?: unknown }) };
  };
  return { post, get };
};

const query = '{ limits { pageMax } }';
const unknown = { errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] };

describe('automatic persisted queries', () => {
  test('a hash alone runs the document that came with it before, by POST and by GET', async () => {
    const { post, get } = await start({ AUTH: 'keys' });
    const extensions = extensionOf(hashOf(query));
    expect(await post({ extensions })).toMatchObject({ status: 200, ...unknown });
    expect(await post({ extensions }, 'application/graphql-response+json')).toMatchObject({ status: 400, ...unknown });
    expect(await get({ extensions: JSON.stringify(extensions) })).toMatchObject(unknown);
    expect(await get({ query, extensions: JSON.stringify(extensions) })).toEqual({
      status: 200,
      data: { limits: { pageMax: 200 } },
    });
    expect(await post({ extensions })).toEqual({ status: 200, data: { limits: { pageMax: 200 } } });
    expect(await get({ extensions: JSON.stringify(extensions) })).toEqual({
      status: 200,
      data: { limits: { pageMax: 200 } },
    });
  });

  test('a hash never makes a GET run a mutation', async () => {
    const { post, get } = await start();
    const mutation = 'mutation { __typename }';
    const extensions = extensionOf(hashOf(mutation));
    expect((await post({ query: mutation, extensions })).data).toEqual({ __typename: 'Mutation' });
    expect((await get({ extensions: JSON.stringify(extensions) })).status).toBe(405);
  });

  test.each([[{ toString: null }], [[query]], [1]])('a query that is no text is refused: %j', async (query) => {
    const { post } = await start();
    const extensions = extensionOf(hashOf(String(1)));
    expect(await post({ query, extensions })).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'BAD_REQUEST' } }],
    });
  });

  test('nobody can register another document under a hash', async () => {
    const { post } = await start();
    const extensions = extensionOf(hashOf(query));
    expect(await post({ query: '{ __typename }', extensions })).toMatchObject({
      status: 400,
      errors: [{ message: expect.stringContaining('SHA-256'), extensions: { code: 'BAD_REQUEST' } }],
    });
    expect(await post({ extensions })).toMatchObject(unknown);
  });

  test.each([
    { version: 2, sha256Hash: hashOf(query) },
    { version: 1 },
    { version: 1, sha256Hash: 'x' },
    { version: 1, sha256Hash: [hashOf(query)] },
    'x',
    [],
  ])('a malformed extension is refused with what is accepted: %j', async (persistedQuery) => {
    const { post } = await start();
    expect(await post({ query, extensions: { persistedQuery } })).toMatchObject({
      status: 400,
      errors: [{ message: expect.stringContaining('"version": 1'), extensions: { code: 'BAD_REQUEST' } }],
    });
  });
});

describe('the documents that are kept', () => {
  const bounds = { persistedQueries: 20, persistedQueriesPerClient: 5, persistedQueryBytes: 100 };
  const keepMany = (queries: PersistedQueries, client: string, count: number): void => {
    for (let index = 0; index < count; index += 1) queries.keep(client, `${client}-${index}`, 'q');
  };

  test('of one client are bounded, and never push out those of others', () => {
    const queries = new PersistedQueries(bounds);
    queries.keep('a', 'mine', 'q');
    keepMany(queries, 'b', 10_000);
    expect(queries.find('mine')).toBe('q');
    expect(queries.find('b-9994')).toBeUndefined();
    expect(queries.find('b-9995')).toBe('q');
  });

  test('are the ones that were used last', () => {
    const queries = new PersistedQueries(bounds);
    queries.keep('a', 'used', 'q');
    keepMany(queries, 'a', 4);
    expect(queries.find('used')).toBe('q');
    queries.keep('a', 'another', 'q');
    expect(queries.find('used')).toBe('q');
    expect(queries.find('a-0')).toBeUndefined();
  });

  test('of all clients together are bounded', () => {
    const queries = new PersistedQueries(bounds);
    for (let client = 0; client < 100; client += 1) keepMany(queries, `c${client}`, 5);
    const kept = Array.from({ length: 500 }, (_, index) => queries.find(`c${Math.floor(index / 5)}-${index % 5}`));
    expect(kept.filter(Boolean)).toHaveLength(20);
  });

  test('are not longer than the limit, and may be of any client that sends the same text', () => {
    const queries = new PersistedQueries(bounds);
    queries.keep('a', 'long', 'x'.repeat(101));
    expect(queries.find('long')).toBeUndefined();
    queries.keep('a', 'shared', 'q');
    queries.keep('b', 'shared', 'q');
    keepMany(queries, 'b', 4);
    expect(queries.find('shared')).toBe('q');
  });
});
