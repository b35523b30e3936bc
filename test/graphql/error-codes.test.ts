import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { errorCodes } from '../../src/domain/errors.js';
import { startTestServer } from '../support/test-server.js';

const documented = async (): Promise<Set<string>> => {
  const page = await readFile('docs/clients.md', 'utf8');
  const table = page.slice(page.indexOf('### Codes'), page.indexOf('## Scalars'));
  return new Set([...errorCodes, ...Array.from(table.matchAll(/`([A-Z_]{6,})`/g), ([, code]) => code ?? '')]);
};

test('every code that the transport writes is in ErrorCode or in the table of docs/clients.md', async () => {
  const files = await readdir('src/graphql', { recursive: true });
  const texts = await Promise.all(
    files.filter((file) => file.endsWith('.ts')).map((file) => readFile(join('src/graphql', file), 'utf8')),
  );
  const written = texts.flatMap((text) =>
    Array.from(text.matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g), ([, code]) => code ?? ''),
  );
  const codes = written.filter((code) => /^(?!GLEAN|METAL|MOOV)/.test(code));
  const known = await documented();
  const enumValues = new Set(
    Array.from((await readFile('schema.graphql', 'utf8')).matchAll(/^ {2}([A-Z_]+)$/gm), ([, value]) => value),
  );
  expect(codes.length).toBeGreaterThan(5);
  expect(codes.filter((code) => !known.has(code) && !enumValues.has(code))).toEqual([]);
});

test('so is every code that a malformed request gets', async () => {
  const server = await startTestServer({ AUTH: 'keys' });
  onTestFinished(() => server.close());
  const known = await documented();
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const ask = (query: unknown, rest: object = {}) => post(JSON.stringify({ query, ...rest }));
  const responses = await Promise.all([
    ask('{'),
    ask('{ nothing }'),
    ask('query($a: UUID!) { image(by: { id: $a }) { id } }', { variables: { a: 'x' } }),
    ask(7),
    ask(undefined),
    ask('query A { __typename } query B { __typename }'),
    ask('query A { __typename }', { operationName: 'C' }),
    ask('{ images { nodes { id } } }'),
    ask(`{ ${'a: __typename '.repeat(40)} }`),
    ask('{ __typename }', { variables: 'x' }),
    ask('{ __typename }', { unknown: 1 }),
    post('{'),
    post('[]'),
    post('{"query":"{ __typename }"}', { authorization: 'Bearer x' }),
    post('{"query":"{ __typename }"}', { 'content-type': 'text/plain' }),
    post(`"${'x'.repeat(1_100_000)}"`),
    fetch(`${server.url}/graphql?query=mutation{__typename}`),
    fetch(`${server.url}/graphql?query={__typename}&variables=x`),
  ]);
  for (const response of responses) {
    const text = await response.text();
    const { errors } = JSON.parse(text) as { errors: { extensions?: { code?: string } }[] };
    for (const { extensions } of errors) expect([...known], text).toContain(extensions?.code);
  }
});
