import { readFile } from 'node:fs/promises';
import { buildSchema, isInterfaceType, isObjectType, isUnionType } from 'graphql';
import { expect, test } from 'vitest';
import { possibleTypes, valueTypes } from '../../examples/client-cache.js';

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
  expect([...withId, ...valueTypes, 'Mutation', 'Query', 'Subscription'].toSorted()).toEqual(
    objectTypes.map(({ name }) => name).toSorted(),
  );
});
