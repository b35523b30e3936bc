import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { asUuid } from '../domain/images/image.js';

const read = (value: unknown, node?: ValueNode): string => {
  const uuid = typeof value === 'string' ? asUuid(value) : undefined;
  if (uuid) return uuid;
  throw new GraphQLError(
    'UUID accepts 32 hexadecimal digits in five groups, such as 3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb.',
    { nodes: node ?? null },
  );
};

/** That of graphql-scalars also accepts braces, which no id here has. */
export const uuidScalar = new GraphQLScalarType<string, string>({
  name: 'UUID',
  description:
    'A UUID such as `3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb`. Upper-case digits are accepted; results have lower-case ones.',
  serialize: String,
  parseValue: (value) => read(value),
  parseLiteral: (node) => read(node.kind === Kind.STRING ? node.value : undefined, node),
});
