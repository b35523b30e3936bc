// A part of `npm run schema`: writes examples/client-cache.ts, which normalising caches need, from schema.graphql.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildSchema, isAbstractType, isObjectType } from 'graphql';

const root = resolve(import.meta.dirname, '..');
const schema = buildSchema(readFileSync(resolve(root, 'schema.graphql'), 'utf8'));
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
const rootTypes = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];

/** A list of names after a `start`, as Biome formats it: in one line if that has at most 120 characters. */
const listOf = (start, names, indent) => {
  const line = `${start}[${names.map((name) => `'${name}'`).join(', ')}]`;
  if (line.length < 120) return line;
  return `${start}[\n${names.map((name) => `${indent}  '${name}',\n`).join('')}${indent}]`;
};

const possibleTypes = types.filter(isAbstractType).map((type) => {
  const names = schema.getPossibleTypes(type).map(({ name }) => name);
  return `${listOf(`  ${type.name}: `, names, '  ')},\n`;
});
const valueTypes = types
  .filter((type) => isObjectType(type) && !rootTypes.includes(type) && !type.getFields().id)
  .map(({ name }) => name);

writeFileSync(
  resolve(root, 'examples/client-cache.ts'),
  `// Written by \`npm run schema\` from schema.graphql.

/** The object types of each interface and union. */
export const possibleTypes: Record<string, string[]> = {
${possibleTypes.join('')}};

/** The types without an id. A cache keeps their objects as parts of the objects that contain them. */
${listOf('export const valueTypes: string[] = ', valueTypes, '')};
`,
);
