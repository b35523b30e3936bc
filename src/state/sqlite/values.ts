import { type ArgType, type ColumnType, ColumnTypeEnum } from '@prisma/driver-adapter-utils';

type Cell = null | string | number | bigint | Buffer;

/** The types that Prisma declares for columns in SQLite. */
const declaredTypes: Readonly<Record<string, ColumnType>> = {
  BIGINT: ColumnTypeEnum.Int64,
  BLOB: ColumnTypeEnum.Bytes,
  BOOLEAN: ColumnTypeEnum.Boolean,
  DATETIME: ColumnTypeEnum.DateTime,
  DECIMAL: ColumnTypeEnum.Numeric,
  INTEGER: ColumnTypeEnum.Int32,
  'INTEGER UNSIGNED': ColumnTypeEnum.Int32,
  JSONB: ColumnTypeEnum.Json,
  REAL: ColumnTypeEnum.Double,
  TEXT: ColumnTypeEnum.Text,
};

/** The type of each column: as declared, or for an expression by its first value that is not null. */
export const columnTypesOf = (
  columns: readonly { readonly type: string | null }[],
  rows: readonly (readonly unknown[])[],
): ColumnType[] =>
  columns.map(({ type }, index) => {
    const declared = type === null ? undefined : declaredTypes[type.toUpperCase()];
    return declared ?? typeOf(rows.find((row) => row[index] !== null)?.[index]);
  });

const typeOf = (value: unknown): ColumnType => {
  if (typeof value === 'string') return ColumnTypeEnum.Text;
  if (typeof value === 'bigint') return ColumnTypeEnum.Int64;
  if (typeof value === 'number') return ColumnTypeEnum.Double;
  return value instanceof Uint8Array ? ColumnTypeEnum.Bytes : ColumnTypeEnum.Int32;
};

/** A value of a row in the form that Prisma reads. */
export const fromCell = (cell: unknown, type: ColumnType | undefined): unknown => {
  if (typeof cell !== 'bigint' && typeof cell !== 'number') return cell;
  if (type === ColumnTypeEnum.DateTime) return new Date(Number(cell)).toISOString();
  if (typeof cell === 'number') return cell;
  return Number.isSafeInteger(Number(cell)) ? Number(cell) : cell.toString();
};

/** An argument of Prisma's in the form that the driver binds; it knows null, text, real, 64-bit integer and bytes only. */
export const toCell = (argument: unknown, type: ArgType | undefined): Cell => {
  if (argument === null || argument === undefined) return null;
  if (typeof argument === 'boolean') return argument ? 1n : 0n;
  if (argument instanceof Date) return BigInt(argument.getTime());
  if (argument instanceof Uint8Array) return Buffer.from(argument);
  if (typeof argument === 'string') return fromText(argument, type?.scalarType);
  // numbers are bound as real, and a text column would keep the text "1.0" of a real
  if (typeof argument === 'number') return Number.isInteger(argument) ? BigInt(argument) : argument;
  if (typeof argument === 'bigint') return argument;
  throw new TypeError(`SQLite has no type for a value of type ${typeof argument}`);
};

const fromText = (text: string, type: ArgType['scalarType'] | undefined): Cell => {
  switch (type) {
    case 'int':
    case 'bigint':
      return BigInt(text);
    case 'float':
    case 'decimal':
      return Number(text);
    case 'datetime':
      // integers compare right for every Date; ISO texts do not, beyond the year 9999
      return BigInt(new Date(text).getTime());
    case 'bytes':
      return Buffer.from(text, 'base64');
    default:
      return text;
  }
};
