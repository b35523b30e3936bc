import { readFile } from 'node:fs/promises';
import { buildSchema, getNamedType, isInterfaceType, isObjectType, isUnionType } from 'graphql';
import { expect, test } from 'vitest';
import { keys, possibleTypes, resolvers, typePolicies } from '../../examples/client-cache.js';

const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
const objectTypes = types.filter(isObjectType);

test('examples/client-cache.ts has the types of every union and interface; `npm run schema` writes it', () => {
  const unions = types.filter(isUnionType).map((union) => [union.name, union.getTypes().map(({ name }) => name)]);
  const interfaces = types
    .filter(isInterfaceType)
    .map(({ name }) => [
      name,
      objectTypes.filter((type) => type.getInterfaces().some((own) => own.name === name)).map((type) => type.name),
    ]);
  expect(possibleTypes).toEqual(Object.fromEntries([...unions, ...interfaces]));
});

test('a type is either found by its id or a value', () => {
  const withId = objectTypes.filter((type) => 'id' in type.getFields()).map(({ name }) => name);
  expect(withId).toContain('Image');
  const valueTypes = Object.keys(keys);
  expect([...withId, ...valueTypes, 'Mutation', 'Query', 'Subscription'].toSorted()).toEqual(
    objectTypes.map(({ name }) => name).toSorted(),
  );
  const { Query: _query, ...policies } = typePolicies(() => null);
  expect(policies).toEqual(Object.fromEntries(valueTypes.map((name) => [name, { merge: true }])));
});

test('every connection of a query is one list for each set of arguments that are not its window', () => {
  const lists = Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap(({ name, type, args }) => {
    const named = getNamedType(type);
    if (!isObjectType(named) || !('pageInfo' in named.getFields())) return [];
    return [[name, args.map((arg) => arg.name).filter((arg) => !/^(?:first|last|before|after)$/.test(arg))]] as const;
  });
  expect(lists.length).toBeGreaterThan(3);
  expect(typePolicies((keyArgs) => keyArgs).Query.fields).toEqual(Object.fromEntries(lists));
  expect(resolvers(() => 'pages').Query).toEqual(Object.fromEntries(lists.map(([name]) => [name, 'pages'])));
});
