import { GraphQLError, GraphQLScalarType, type ValueNode } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import { isStorable, storableYears } from '../domain/storable.js';

/** A time with digits after the milliseconds, truncated to the millisecond. */
class CutDate extends Date {}

const isFiner = /\.\d{3}\d*[1-9]/;

const read = (date: Date, text: unknown): Date => {
  if (!isStorable(date)) throw new GraphQLError(`DateTime accepts a time in the ${storableYears}, not ${text}.`);
  return typeof text === 'string' && isFiner.test(text) ? new CutDate(date) : date;
};

/** That of graphql-scalars, restricted to the years that can be stored. */
export const dateTimeScalar = new GraphQLScalarType<Date, Date | string>({
  ...DateTimeResolver.toConfig(),
  description: `A time in RFC 3339, such as 2007-12-03T10:15:30Z, in the ${storableYears}. Times are stored to the millisecond.`,
  parseValue: (value) => read(DateTimeResolver.parseValue(value), value),
  parseLiteral: (node: ValueNode) =>
    read(DateTimeResolver.parseLiteral(node, null), node.kind === 'StringValue' ? node.value : undefined),
});

/** The first millisecond that is not before a time, for the lower end of a range. The upper end is right as it is cut. */
export const firstMillisecondFrom = (date: Date | null | undefined): Date | undefined =>
  date instanceof CutDate ? new Date(date.getTime() + 1) : (date ?? undefined);
