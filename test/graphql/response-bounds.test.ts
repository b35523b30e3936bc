import { GraphQLError } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/domain/limits.js';
import { boundResult } from '../../src/graphql/response-bounds.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const limits = { ...defaultLimits, responseBytes: 1_000 };
const sizeOf = (data: object) => Buffer.byteLength(JSON.stringify(data));

test.each([
  ['text', (length: number) => 'x'.repeat(length)],
  ['text beyond ASCII', (length: number) => 'ü'.repeat(length / 2)],
  ['quotes', (length: number) => '"'.repeat(length / 2)],
  ['control characters', (length: number) => '\u0001'.repeat(length / 6)],
  ['lone surrogates', (length: number) => '\ud800'.repeat(length / 6)],
  ['lists', (length: number) => Array(Math.floor(length / 2) - 1).fill(1)],
  [
    'nested objects',
    (length: number) => Array.from({ length: Math.floor(length / 28) }, () => ({ a: { b: null, c: [true] } })),
  ],
])('a result of %s has as many bytes as the limit and no more', (_name, fill) => {
  const fits = { data: { value: fill(900) } };
  expect(sizeOf(fits.data)).toBeLessThanOrEqual(limits.responseBytes);
  expect(boundResult(fits, limits)).toBe(fits);
  const tooLarge = { data: { value: fill(1_200) } };
  expect(sizeOf(tooLarge.data)).toBeGreaterThan(limits.responseBytes);
  expect(boundResult(tooLarge, limits)).toMatchObject({
    errors: [{ message: expect.stringContaining('more than 1000 bytes'), extensions: { code: 'LIMIT_EXCEEDED' } }],
  });
});

test('what lies beyond the limit is not looked at', () => {
  let reads = 0;
  const read = () => {
    reads += 1;
    return 'x'.repeat(200);
  };
  const data = Array.from({ length: 1_000 }, () => Object.defineProperty({}, 'text', { enumerable: true, get: read }));
  expect(boundResult({ data: { data } }, limits).errors).toHaveLength(1);
  expect(reads).toBeLessThan(10);
});

test('many errors are cut to the first ones and their number, long ones to their beginning', () => {
  const errors = Array.from(
    { length: 500 },
    (_, index) => new GraphQLError(`${index} ${'x'.repeat(5_000)}`, { path: ['a', index] }),
  );
  const { errors: shown = [] } = boundResult({ data: null, errors }, limits);
  expect(shown).toHaveLength(21);
  expect(shown[3]).toMatchObject({ message: expect.stringMatching(/^3 x{998}\.\.\.$/), path: ['a', 3] });
  expect(shown[20]?.message).toBe('480 more errors are not shown; at most 20 are.');
});

describe('a server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  test.each<[string, string, Record<string, unknown>?]>([
    ['a document that cannot be parsed', `{ ${'x'.repeat(500_000)} } }`],
    ['a field of a long name', `{ ${'x'.repeat(500_000)} }`],
    ['many unknown fields', `{ ${Array.from({ length: 900 }, (_, index) => `unknown${index}`).join(' ')} }`],
    [
      'a variable with a long value',
      'query($id: UUID!) { image(by: { imageId: $id }) { id } }',
      { id: 'x'.repeat(500_000) },
    ],
    [
      'a list of wrong values',
      'query($filter: ImageFilter) { images(accountId: "3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb", filter: $filter) { totalCount } }',
      { filter: { mimeType: Array(20_000).fill({ a: 'x'.repeat(20) }) } },
    ],
  ])('reports the errors of %s in a few kilobytes', async (_name, query, variables = {}) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    expect(text).toContain('"errors"');
    expect(text.length).toBeLessThan(40_000);
  });
});
