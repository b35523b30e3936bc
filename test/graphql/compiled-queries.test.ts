import { createYoga, type Plugin } from 'graphql-yoga';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CompiledQueries } from '../../src/graphql/compiled-queries.js';
import { schema } from '../../src/graphql/schema.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

const compileAfter = 3;

describe('what is compiled', () => {
  /** For each execution of a text, whether it was compiled. */
  const executionsOf = async (query: string, times = compileAfter + 1, operationName?: string): Promise<boolean[]> => {
    const compiled: boolean[] = [];
    let executor: unknown;
    // plugins learn in their order which function executes
    const before: Plugin = {
      onExecute({ executeFn }) {
        executor = executeFn;
      },
    };
    const behind: Plugin = { onExecute: ({ executeFn }) => void compiled.push(executeFn !== executor) };
    const yoga = createYoga({
      schema,
      logging: false,
      plugins: [before, new CompiledQueries(compileAfter).plugin(), behind],
    });
    for (let time = 0; time < times; time += 1) {
      const body = JSON.stringify({ query, operationName });
      const response = await yoga.fetch('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      await response.text();
    }
    return compiled;
  };

  test('is a query that comes again and again', async () => {
    expect(await executionsOf('{ __typename }')).toEqual([false, false, true, true]);
  });

  test.each([
    ['a mutation', 'mutation { __typename }'],
    ['a long document', `{ __typename ${'#'.repeat(4_000)}\n}`],
    [
      'a literal of a time',
      `{ images(accountId: "${accountId}", filter: { createdOn: { min: "2026-01-01T00:00:00Z" } }) { totalCount } }`,
    ],
  ])('is not %s', async (_what, query) => {
    expect(await executionsOf(query)).toEqual([false, false, false, false]);
  });

  test('is each operation of a document by itself', async () => {
    const query = 'query A { __typename } query B { name: __typename }';
    expect(await executionsOf(query, compileAfter, 'B')).toEqual([false, false, true]);
  });
});

describe('a compiled query', () => {
  const runner = (queries: CompiledQueries) => {
    const yoga = createYoga({ schema, logging: false, plugins: [queries.plugin()] });
    return async (query: string): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ query });
      return (await yoga.fetch('http://localhost/graphql', { method: 'POST', headers, body })).json();
    };
  };

  test('stays as long as it is found often, however many others there are', async () => {
    const queries = new CompiledQueries(1);
    const run = runner(queries);
    for (const query of ['{ __typename }', '{ a: __typename }']) await run(query);
    for (let number = 0; number < 250; number += 1) {
      await run(`{ other${number}: __typename }`);
      expect(queries.find('{ __typename }', null)).toBeDefined();
    }
    expect(queries.find('{ a: __typename }', null)).toBeUndefined();
  });

  test('whose result may not be sent as it is runs again by the executor, and is compiled no more for a while', async () => {
    const queries = new CompiledQueries(2, () => false);
    const run = runner(queries);
    for (let time = 0; time < 3; time += 1) {
      expect(await run('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
      expect(queries.find('{ __typename }', null)).toBeUndefined();
    }
  });
});

describe('a compiled query returns what the executor does', () => {
  let server: TestServer;
  let id: string;
  beforeAll(async () => {
    server = await startTestServer({}, { compileAfter });
    for (const width of [30, 31, 32]) ({ id } = await uploadImage(server, await photoJpeg({ width, height: 20 })));
  });
  afterAll(() => server.close());

  const list = `images(accountId: "${accountId}", first: 2)`;
  test.each<[string, string, Record<string, unknown>?]>([
    [
      'a page and its position',
      `{ ${list} { totalCount pageInfo { hasNextPage hasPreviousPage endCursor } nodes { id } } }`,
    ],
    ['aliases and names of types', `{ a: ${list} { __typename n: nodes { __typename t: id } } }`],
    [
      'a fragment in a fragment',
      `{ ${list} { nodes { ...A } } } fragment A on Image { ...B } fragment B on Image { width }`,
    ],
    [
      'an interface',
      'query($id: ID!) { node(id: $id) { id ... on Image { width metadata { altText } } } }',
      { id: '' },
    ],
    [
      'a field that is included',
      `query($on: Boolean!) { ${list} { nodes { id width @include(if: $on) } } }`,
      { on: true },
    ],
    ['a field that is not', `query($on: Boolean!) { ${list} { nodes { id width @include(if: $on) } } }`, { on: false }],
    [
      'a spread that is skipped next to the same field',
      `query($on: Boolean!) { ${list} { nodes { id ...A @skip(if: $on) metadata { altText } } } } fragment A on Image { width metadata { id } }`,
      { on: true },
    ],
    [
      'a fragment that is spread twice, once skipped',
      `query($on: Boolean!) { ${list} { nodes { ...A @skip(if: $on) ...A } } } fragment A on Image { width }`,
      { on: true },
    ],
    [
      'a default of a variable',
      `query($first: NonNegativeInt = 1) { images(accountId: "${accountId}", first: $first) { nodes { id } } }`,
    ],
    [
      'null for a variable',
      `query($first: NonNegativeInt = 1) { images(accountId: "${accountId}", first: $first) { nodes { id } } }`,
      { first: null },
    ],
    [
      'variables of a wrong type',
      `query($first: NonNegativeInt) { images(accountId: "${accountId}", first: $first) { nodes { id } } }`,
      { first: 'x' },
    ],
    ['a variable that is missing', 'query($id: ID!) { node(id: $id) { id } }', {}],
    [
      'a time in a variable',
      'query($min: DateTime, $a: UUID!) { images(accountId: $a, filter: { createdOn: { min: $min } }) { totalCount } }',
      { min: '2026-01-01T00:00:00.0000001Z', a: accountId },
    ],
    ['a field that fails next to others', `{ ${list} { nodes { srcset(widths: []) id } } limits { fileBytes } }`],
    [
      'an argument that is refused',
      `{ images(accountId: "${accountId}", first: 1, last: 1) { nodes { id } } limits { fileBytes } }`,
    ],
    ['the introspection', '{ __schema { queryType { name } } __type(name: "Image") { kind fields { name } } }'],
  ])('%s', async (_what, query, variables) => {
    const given = variables && 'id' in variables ? { id } : variables;
    const first = await server.query(query, given);
    for (let time = 1; time < compileAfter; time += 1) await server.query(query, given);
    expect(await server.query(query, given)).toEqual(first);
    expect(first.data ?? first.errors).toBeTruthy();
  });

  test.each<[string, string, Record<string, unknown>, Record<string, unknown>]>([
    ['two of a one-of', 'query($by: ImageBy!) { image(by: $by) { id } }', { id: '' }, { id: '', imageId: accountId }],
    [
      'null in a one-of',
      'query($by: MetalImageBy!) { metalImage(by: $by) { id } }',
      { imageId: 'x-1' },
      { imageId: null },
    ],
  ])('also where the variables are wrong once it is compiled: %s', async (_what, query, good, bad) => {
    const withId = (by: Record<string, unknown>) => ({ by: 'id' in by ? { ...by, id } : by });
    const first = await server.query(query, withId(bad));
    expect(first.errors?.[0]?.message).toMatch(/Exactly one key must be specified|must be non-null/);
    for (let time = 0; time <= compileAfter; time += 1) {
      expect((await server.query(query, withId(good))).errors).toBeUndefined();
    }
    expect(await server.query(query, withId(bad))).toEqual(first);
  });
});
