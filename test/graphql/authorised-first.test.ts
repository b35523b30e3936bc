import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Scope } from '../../src/domain/identity/scope.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { rulesOf } from '../../src/graphql/field-rules.js';
import { schema } from '../../src/graphql/schema.js';
import { bearer, makeKey } from '../support/keys.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
const keys = new Map<string, Record<string, string>>();
beforeAll(async () => {
  server = await startTestServer({ AUTH: 'keys' });
  keys.set('images', bearer(await makeKey(server, { account: null, scopes: ['images.read', 'images.write'] })));
  keys.set('metal', bearer(await makeKey(server, { account: null, scopes: ['metal.view'] })));
  keys.set('stranger', bearer(await makeKey(server, { account: accountId, scopes: ['images.read', 'images.write'] })));
});
afterAll(() => server.close());

const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const fields = roots.flatMap((root) =>
  Object.values(root?.getFields() ?? {}).flatMap((field) => {
    const { needs = 'nothing' } = rulesOf(field);
    return needs === 'nothing' ? [] : [{ kind: root?.name.toLowerCase() ?? '', field, scopes: needs.scopes }];
  }),
);

const scalars: Record<string, unknown> = {
  Boolean: true,
  DateTime: '2026-01-01T00:00:00Z',
  File: null,
  Float: 0.5,
  ID: 'SW1hZ2U6eA',
  Int: 2_147_483_647,
  NonNegativeInt: 2_147_483_647,
  PageSize: 200,
  PositiveInt: 2_147_483_647,
  String: 'x'.repeat(3_000),
  UUID: 'ffffffff-0000-4000-8000-000000000000',
};

/** As much as fits: lists of thousands, long texts. GraphQL's own coercion accepts it, but for files, which JSON cannot have. */
const fill = (type: GraphQLInputType, listLength: number): unknown => {
  if (isNonNullType(type)) return fill(type.ofType, listLength);
  if (isListType(type)) return Array.from({ length: listLength }, () => fill(type.ofType, 2));
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (!isInputObjectType(type)) return scalars[type.name];
  const inside = Object.values(type.getFields());
  return Object.fromEntries(
    (type.isOneOf ? inside.slice(-1) : inside).map(({ name, type }) => [name, fill(type, listLength)]),
  );
};

const documentOf = (kind: string, { name, args, type }: GraphQLField<unknown, unknown>, times: number) => {
  const declared = args.length > 0 ? `(${args.map((arg) => `$${arg.name}: ${arg.type}`).join(' ')})` : '';
  const given = args.length > 0 ? `(${args.map((arg) => `${arg.name}: $${arg.name}`).join(' ')})` : '';
  const selection = isCompositeType(getNamedType(type)) ? '{ __typename }' : '';
  const calls = Array.from({ length: times }, (_, index) => `a${index}: ${name}${given} ${selection}`);
  return `${kind}${declared} { ${calls.join(' ')} }`;
};

const lacking = (scopes: readonly Scope[]): string[] => {
  if (scopes.length > 1) return [];
  return [scopes[0]?.startsWith('metal.') ? 'images' : 'metal'];
};

const inputs: [string, (type: GraphQLInputType) => unknown][] = [
  ['that fills its types', (type) => fill(type, 2_000)],
  ['of 20,000 nulls', () => Array(20_000).fill(null)],
  ['of objects in objects', () => JSON.parse(`${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`)],
  ['that is missing', () => undefined],
];

describe.each(fields.map((row) => [`${row.kind} ${row.field.name}`, row] as const))(
  '%s',
  (_name, { kind, field, scopes }) => {
    const times = kind === 'subscription' ? 1 : 30;
    const callers = [...lacking(scopes), ...(field.args.some(({ name }) => name === 'accountId') ? ['stranger'] : [])];

    test.each(inputs)(
      'refuses a caller without the right whatever input it has, here one %s',
      async (_input, value) => {
        const statements = server.sql.length;
        const given = (type: GraphQLInputType) =>
          [value(type), fill(type, 100), fill(type, 20)].find((each) => (JSON.stringify(each) ?? '').length <= 900_000);
        for (const name of ['none', ...callers]) {
          const variables = Object.fromEntries(field.args.map((arg) => [arg.name, given(arg.type)]));
          // it names no account, which means the caller's own
          if (name === 'stranger' && variables['accountId'] === undefined) continue;
          const response = await fetch(`${server.url}/graphql`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...keys.get(name) },
            body: JSON.stringify({ query: documentOf(kind, field, times), variables }),
          });
          const text = await response.text();
          expect(text.length, text.slice(0, 500)).toBeLessThan(12_000);
          const { data, errors } = JSON.parse(text);
          if (name === 'none') {
            expect([response.status, errors]).toEqual([
              401,
              [expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED' } })],
            ]);
          } else if (name !== 'stranger') {
            // no more than the first errors of many are reported, and their number
            for (const error of (errors ?? []).slice(0, defaultLimits.responseErrors)) {
              expect(error).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
            }
            const results = Object.values(data ?? {})
              .flat()
              .filter((result) => result !== null) as { __typename: string }[];
            for (const result of results) expect(result.__typename).toBe('ForbiddenError');
            expect((errors?.length ?? 0) + results.length).toBeGreaterThan(0);
            // one refusal each, not one for each item of the input
            expect(results.length).toBeLessThanOrEqual(times);
          }
        }
        expect(server.sql.slice(statements).filter((sql) => !/ApiKey|WHERE FALSE|^BEGIN|COMMIT/.test(sql))).toEqual([]);
      },
    );
  },
);
