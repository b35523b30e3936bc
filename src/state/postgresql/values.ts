import { type ArgType, type ColumnType, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const { builtins } = pg.types;

/** The types of the schema's columns, and of what its statements compute. */
const columnTypes: Readonly<Record<number, ColumnType>> = {
  [builtins.BOOL]: ColumnTypeEnum.Boolean,
  [builtins.INT4]: ColumnTypeEnum.Int32,
  [builtins.INT8]: ColumnTypeEnum.Int64,
  [builtins.FLOAT8]: ColumnTypeEnum.Double,
  [builtins.TIMESTAMP]: ColumnTypeEnum.DateTime,
};

export const columnTypeOf = (oid: number): ColumnType => columnTypes[oid] ?? ColumnTypeEnum.Text;

/** A value of a row in the form that Prisma reads; PostgreSQL sends text. */
export const fromText = (text: string | null, type: ColumnType | undefined): unknown => {
  if (text === null) return null;
  switch (type) {
    case ColumnTypeEnum.Boolean:
      return text === 't';
    case ColumnTypeEnum.Int32:
    case ColumnTypeEnum.Double:
      return Number(text);
    case ColumnTypeEnum.DateTime:
      return `${text.replace(' ', 'T')}Z`;
    default:
      return text;
  }
};

/** A parameter of Prisma's as `pg` sends it. */
export const toParameter = (argument: unknown, type: ArgType | undefined): unknown => {
  if (Array.isArray(argument)) return argument.map((item) => toParameter(item, type));
  if (argument instanceof Date) return toTimestamp(argument);
  if (typeof argument === 'bigint') return argument.toString();
  if (typeof argument !== 'string') return argument;
  if (type?.scalarType === 'datetime') return toTimestamp(new Date(argument));
  // no text here holds one, so a search for it finds nothing; PostgreSQL would refuse to look
  return argument.replaceAll('\0', '\ufffd');
};

/** In UTC. PostgreSQL has no year 0, and no date that is stored is earlier than the year 1. */
const toTimestamp = (date: Date): string => {
  const year = date.getUTCFullYear();
  if (year < 1) return '-infinity';
  return `${String(year).padStart(4, '0')}-${date
    .toISOString()
    .replace(/^[+-]?\d+-/, '')
    .replace('T', ' ')
    .replace('Z', '')}`;
};
