import type { Database } from '../database.js';
import type { DatabaseLocation } from '../database-location.js';
import { lockDeadlineMs } from '../sqlite/lock-wait.js';
import { keyOf, numberedTables } from './copied-tables.js';

type NumberedTable = (typeof numberedTables)[number];

/** How a database keeps the last number that it gave to a row of a table. */
interface Counters {
  /** A statement that selects it as "last", if there is one. */
  readonly read: (table: NumberedTable) => string;
  readonly write: (table: NumberedTable, last: bigint) => readonly string[];
}

const sequenceOf = (table: NumberedTable): string => `"${table}_${keyOf(table)}_seq"`;

const counters: Readonly<Record<DatabaseLocation['kind'], Counters>> = {
  file: {
    read: (table) => `SELECT CAST("seq" AS TEXT) AS "last" FROM sqlite_sequence WHERE "name" = '${table}'`,
    write: (table, last) => [
      `DELETE FROM sqlite_sequence WHERE "name" = '${table}'`,
      `INSERT INTO sqlite_sequence ("name", "seq") VALUES ('${table}', ${last})`,
    ],
  },
  postgresql: {
    read: (table) => `SELECT "last_value"::text AS "last" FROM ${sequenceOf(table)} WHERE "is_called"`,
    write: (table, last) => [`SELECT setval('${sequenceOf(table)}', ${last})`],
  },
};

export interface OpenCopyDatabase {
  readonly location: DatabaseLocation;
  readonly database: Database;
}

const lastNumberOf = async ({ location, database }: OpenCopyDatabase, table: NumberedTable): Promise<bigint> => {
  const [row] = await database.reader.$queryRawUnsafe<{ last: string }[]>(counters[location.kind].read(table));
  return BigInt(row?.last ?? 0);
};

/** Has the target give numbers behind all that the source has given, also to rows that are gone. */
export const copyRowNumbers = async (from: OpenCopyDatabase, to: OpenCopyDatabase): Promise<void> => {
  for (const table of numberedTables) {
    const last = await lastNumberOf(from, table);
    if (last === 0n) continue;
    const statements = counters[to.location.kind].write(table, last);
    await to.database.write(lockDeadlineMs(), async (transaction) => {
      for (const statement of statements) await transaction.$executeRawUnsafe(statement);
    });
  }
};
