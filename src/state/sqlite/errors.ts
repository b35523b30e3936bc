import { DriverAdapterError, type MappedError } from '@prisma/driver-adapter-utils';

interface SqliteFailure extends Error {
  readonly code: string;
  readonly rawCode?: number;
}

/** The extended codes of SQLite have the primary code in their low byte. */
const primaryCodeMask = 0xff;
const busy = 5;

/** Whether SQLite itself reported the error. */
export const isSqliteFailure = (error: unknown): error is SqliteFailure =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_');

/** Whether another connection holds the lock that a statement needs. */
export const isBusy = (error: unknown): boolean =>
  isSqliteFailure(error) && (error.code.startsWith('SQLITE_BUSY') || ((error.rawCode ?? 0) & primaryCodeMask) === busy);

/** Of the disk, memory or descriptors. */
const systemCodes = ['SQLITE_FULL', 'SQLITE_NOMEM', 'SQLITE_CANTOPEN'];
const isOfSystem = ({ code }: SqliteFailure): boolean => systemCodes.includes(code);

/** A failure of the driver as Prisma expects it; anything else, failures of the system included, is returned as it is. */
export const toPrismaError = (error: unknown): unknown =>
  isSqliteFailure(error) && !isOfSystem(error)
    ? new DriverAdapterError({ originalCode: error.code, originalMessage: error.message, ...mappedError(error) })
    : error;

const mappedError = ({ code, rawCode, message }: SqliteFailure): MappedError => {
  switch (code) {
    case 'SQLITE_CONSTRAINT_UNIQUE':
    case 'SQLITE_CONSTRAINT_PRIMARYKEY': {
      const columns = columnsIn(message);
      const table = columns?.[0]?.split('.').slice(0, -1).join('.');
      return { kind: 'UniqueConstraintViolation', ...constraintOn(columns), ...(table ? { table } : {}) };
    }
    case 'SQLITE_CONSTRAINT_NOTNULL':
      return { kind: 'NullConstraintViolation', ...constraintOn(columnsIn(message)) };
    case 'SQLITE_CONSTRAINT_FOREIGNKEY':
    case 'SQLITE_CONSTRAINT_TRIGGER':
      return { kind: 'ForeignKeyConstraintViolation', constraint: { foreignKey: {} } };
    default:
      return { kind: 'sqlite', extendedCode: rawCode ?? 1, message };
  }
};

/** "UNIQUE constraint failed: Image.publicId" names the columns. */
const columnsIn = (message: string): string[] | undefined => message.split('constraint failed: ')[1]?.split(', ');

const constraintOn = (columns: readonly string[] | undefined) =>
  columns ? { constraint: { fields: columns.map((column) => column.split('.').pop() ?? column) } } : {};
