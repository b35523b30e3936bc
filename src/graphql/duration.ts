import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

const pattern = /^P(?:(\d{1,6})W|(?=.)(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?)$/;
const secondsOf = [604_800, 86_400, 3_600, 60, 1] as const;

const read = (value: unknown, node?: ValueNode): number => {
  const [, ...parts] = (typeof value === 'string' && pattern.exec(value)) || [];
  if (parts.length > 0) {
    return secondsOf.reduce((sum, seconds, index) => sum + seconds * Number(parts[index] ?? 0), 0);
  }
  throw new GraphQLError(
    'Duration accepts weeks, or days, hours, minutes and seconds, such as P1W, P1DT12H or PT10M.',
    {
      nodes: node ?? null,
    },
  );
};

/** In seconds. That of graphql-scalars also accepts months and years, which have no fixed length. */
export const durationScalar = new GraphQLScalarType<number, string>({
  name: 'Duration',
  description:
    'A duration in ISO 8601: whole weeks, or whole days, hours, minutes and seconds, such as `P1W`, `P1DT12H` or `PT10M`.',
  serialize: (seconds) => `PT${seconds}S`,
  parseValue: (value) => read(value),
  parseLiteral: (node) => read(node.kind === Kind.STRING ? node.value : undefined, node),
});
