import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import { type ChangeCursor, decodeChangeCursor } from '../domain/changes/changes.js';
import { asUuid } from '../domain/images/image.js';
import { asLocale, type Locale } from '../domain/images/locale.js';
import { defaultLimits } from '../domain/limits.js';
import { isStorable, storableYears } from '../domain/storable.js';

/** A time with digits after the milliseconds, truncated to the millisecond. */
class CutDate extends Date {}

const isFiner = /\.\d{3}\d*[1-9]/;

const readDate = (date: Date, text: unknown): Date => {
  if (!isStorable(date)) throw new GraphQLError(`DateTime accepts a time in the ${storableYears}, not ${text}.`);
  return typeof text === 'string' && isFiner.test(text) ? new CutDate(date) : date;
};

/** That of graphql-scalars, restricted to the years that can be stored. */
export const dateTimeScalar = new GraphQLScalarType<Date, Date | string>({
  ...DateTimeResolver.toConfig(),
  description: `A time in RFC 3339, such as 2007-12-03T10:15:30Z, in the ${storableYears}. Times are stored to the millisecond.`,
  parseValue: (value) => readDate(DateTimeResolver.parseValue(value), value),
  parseLiteral: (node: ValueNode) =>
    readDate(DateTimeResolver.parseLiteral(node, null), node.kind === 'StringValue' ? node.value : undefined),
});

/** The first millisecond that is not before a time, for the lower end of a range. The upper end is right as it is cut. */
export const firstMillisecondFrom = (date: Date | null | undefined): Date | undefined =>
  date instanceof CutDate ? new Date(date.getTime() + 1) : (date ?? undefined);

const durationPattern =
  /^P(?:(\d{1,6})W|(?=.)(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?)$/;
const secondsOf = [604_800, 86_400, 3_600, 60, 1] as const;

const readDuration = (value: unknown, node?: ValueNode): number => {
  const [, ...parts] = (typeof value === 'string' && durationPattern.exec(value)) || [];
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
  parseValue: (value) => readDuration(value),
  parseLiteral: (node) => readDuration(node.kind === Kind.STRING ? node.value : undefined, node),
});

const readUuid = (value: unknown, node?: ValueNode): string => {
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
  parseValue: (value) => readUuid(value),
  parseLiteral: (node) => readUuid(node.kind === Kind.STRING ? node.value : undefined, node),
});

const readLocale = (value: unknown, node?: ValueNode): Locale => {
  const locale = typeof value === 'string' ? asLocale(value, defaultLimits.localeLength) : undefined;
  if (locale) return locale;
  throw new GraphQLError(
    `Locale accepts a language tag of BCP 47 with at most ${defaultLimits.localeLength} characters, such as en or pt-BR.`,
    { nodes: node ?? null },
  );
};

/** That of graphql-scalars keeps tags as they are written. */
export const localeScalar = new GraphQLScalarType<Locale, string>({
  name: 'Locale',
  description:
    'A language tag of BCP 47, such as `en` or `pt-BR`. Any case and deprecated tags are accepted; results have the canonical form.',
  serialize: String,
  parseValue: (value) => readLocale(value),
  parseLiteral: (node) => readLocale(node.kind === Kind.STRING ? node.value : undefined, node),
});

/** @throws {GraphQLError} unless the value is a cursor. */
export const parseChangeCursor = (value: unknown): ChangeCursor => {
  const cursor = typeof value === 'string' ? decodeChangeCursor(value) : null;
  if (cursor) return cursor;
  throw new GraphQLError('ChangeCursor accepts the `cursor` of a change as this API returned it.', {
    extensions: { code: 'INVALID_INPUT' },
  });
};

export const changeCursorScalar = new GraphQLScalarType<ChangeCursor, string>({
  name: 'ChangeCursor',
  description:
    'A position in the journal of changes. It expires when the changes after it are no longer kept, and belongs to one database.',
  serialize: String,
  parseValue: parseChangeCursor,
  parseLiteral: (node) => parseChangeCursor(node.kind === Kind.STRING ? node.value : undefined),
});

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
