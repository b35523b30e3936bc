import { DriverAdapterError, type MappedError } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { UnavailableError } from '../../domain/errors.js';
import { ScanInterruptedError } from '../scans.js';

const retryAfterSeconds = 1;

/** The database cannot be reached, or cannot work at present. */
export class DatabaseUnavailableError extends UnavailableError {
  constructor(override readonly cause: unknown) {
    super('The database cannot be reached, or is overloaded. Try again in a second.', retryAfterSeconds);
  }
}

/**
 * Carries the error through Prisma, which replaces every error that has a code.
 * @see revealFailure
 */
class DatabaseFailure extends Error {
  constructor(readonly unavailable: DatabaseUnavailableError) {
    super('The database failed.', { cause: unavailable });
  }
}

export const revealFailure = (error: unknown): unknown =>
  error instanceof DatabaseFailure ? error.unavailable : error;

/**
 * States of SQL: failures of the connection (08), lack of resources (53), a lock that is not free (55P03), a statement that was
 * stopped (57014), a server that stops or starts (57P), one that only reads because another is the primary (25006).
 */
const ofSystem = /^(?:08|53|57P)|^(?:55P03|25006|57014)$/;

/** An error of `pg` as Prisma expects it, or as the caller of an operation gets it. */
export const toPrismaError = (error: unknown): Error => {
  if (error instanceof DatabaseFailure) return error;
  // whatever the database itself did not report is about the connection to it
  if (!(error instanceof pg.DatabaseError) || ofSystem.test(error.code ?? ''))
    return new DatabaseFailure(new DatabaseUnavailableError(error));
  return new DriverAdapterError({
    ...(error.code ? { originalCode: error.code } : {}),
    originalMessage: error.message,
    ...mappedError(error),
  });
};

/** The same for a statement with a time limit. */
export const toScanError = (error: unknown): Error =>
  error instanceof pg.DatabaseError && error.code === '57014'
    ? new ScanInterruptedError('The statement was stopped.', { cause: error })
    : toPrismaError(error);

const mappedError = (error: pg.DatabaseError): MappedError => {
  const { code, table, constraint, message } = error;
  switch (code) {
    case '23505':
      return {
        kind: 'UniqueConstraintViolation',
        ...(constraint ? { constraint: { index: constraint } } : {}),
        ...(table ? { table } : {}),
      };
    // 23001 since PostgreSQL 18, if the reference restricts
    case '23503':
    case '23001':
      return {
        kind: 'ForeignKeyConstraintViolation',
        ...(constraint ? { constraint: { index: constraint } } : {}),
      };
    case '40001':
    case '40P01':
      return { kind: 'TransactionWriteConflict' };
    default:
      return {
        kind: 'postgres',
        code: code ?? '',
        severity: error.severity ?? '',
        message,
        detail: error.detail,
        column: error.column,
        hint: error.hint,
      };
  }
};
