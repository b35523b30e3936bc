// A part of `npm run schema`: writes examples/client-cache.ts, which normalising caches need, from schema.graphql.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildSchema, getNamedType, isAbstractType, isObjectType } from 'graphql';

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

/** The lists by their fields, each with the arguments that select it; the others are the window on it. */
const windowArguments = ['first', 'after', 'last', 'before'];
const connections = Object.values(schema.getQueryType().getFields())
  .filter(({ type }) => getNamedType(type).name.endsWith('Connection'))
  .map(({ name, args }) => ({
    name,
    keyArguments: args.map((argument) => argument.name).filter((argument) => !windowArguments.includes(argument)),
  }));

writeFileSync(
  resolve(root, 'examples/client-cache.ts'),
  `// Written by \`npm run schema\` from schema.graphql.

/** The object types of each interface and union. */
export const possibleTypes: Record<string, string[]> = {
${possibleTypes.join('')}};

/** The types without an id. A cache keeps their objects as parts of the objects that contain them. */
${listOf('const valueTypes: string[] = ', valueTypes, '')};

/**
 * Apollo Client's \`typePolicies\`: the pages of a connection are one list, and queries that select different fields of an object without
 * an id add to it. Objects with an \`id\` need no policy.
 * @param paginate \`relayStylePagination\` of \`@apollo/client/utilities\`.
 */
export const typePolicies = <Policy>(paginate: (keyArgs: string[]) => Policy) => ({
  ...Object.fromEntries(valueTypes.map((name) => [name, { merge: true }])),
  Query: {
    fields: {
${connections.map(({ name, keyArguments }) => `${listOf(`      ${name}: paginate(`, keyArguments, '      ')}),\n`).join('')}    },
  },
});

/** Graphcache's \`keys\`: objects of these types have none of their own. */
export const keys: Record<string, () => null> = Object.fromEntries(valueTypes.map((name) => [name, () => null]));

/**
 * Graphcache's \`resolvers\`: the pages of a connection are one list.
 * @param paginate \`relayPagination\` of \`@urql/exchange-graphcache/extras\`.
 */
export const resolvers = <Resolver>(paginate: () => Resolver) => ({
  Query: {
${connections.map(({ name }) => `    ${name}: paginate(),\n`).join('')}  },
});
`,
);
