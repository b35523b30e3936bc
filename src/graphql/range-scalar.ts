import { GraphQLError, GraphQLScalarType, type ValueNode } from 'graphql';

interface Range {
  readonly min: number;
  readonly max: number;
  /** Whether only whole numbers are accepted. */
  readonly whole?: boolean;
}

/** A number in a range. A literal out of the range fails the validation of its document, before anything runs. */
export const rangeScalar = (name: string, { min, max, whole = false }: Range, description: string) => {
  const accepted = `a ${whole ? 'whole ' : ''}number from ${min} to ${max}`;
  const read = (value: unknown, node?: ValueNode): number => {
    if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
    throw new GraphQLError(`${name} accepts ${accepted}.`, { nodes: node ?? null });
  };
  return new GraphQLScalarType<number, number>({
    name,
    description: `${description}: ${accepted}.`,
    parseValue: (value) => read(value),
    parseLiteral: (node) =>
      read(node.kind === 'IntValue' || node.kind === 'FloatValue' ? Number(node.value) : undefined, node),
    serialize: (value) => read(value),
  });
};
