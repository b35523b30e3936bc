import { createHash } from 'node:crypto';
import type { Fingerprint } from '../../domain/images/image.js';
import type { Database } from '../database.js';
import type { DatabaseLocation } from '../database-location.js';
import type { Image as ImageRow, Prisma } from '../generated/client.js';
import { toImage } from '../rows.js';
import { type HashedImage, insertHashes } from '../similar-images.js';
import { lockDeadlineMs } from '../sqlite/lock-wait.js';
import { fitRows, keyOf, pagesOf, type Row, type TableName, tableNames, tableOf } from './copied-tables.js';
import { copyRowNumbers, type OpenCopyDatabase } from './row-numbers.js';

interface Databases {
  readonly from: OpenCopyDatabase;
  readonly to: OpenCopyDatabase;
}

/** Called with the number of rows that are done since the last call. */
type OnRows = (count: number) => void;

/** How many rows a database has in all tables; null if it takes too long to count them. */
export const countRows = async ({ database }: OpenCopyDatabase): Promise<number | null> => {
  const counts = tableNames.map((name) => tableOf(database.reader, name).count());
  return Promise.all(counts).then(
    (all) => all.reduce((sum, count) => sum + count, 0),
    () => null,
  );
};

/**
 * Copies what the target does not have yet. Each batch is a transaction and comes in the order of the keys, so an interrupted copy goes
 * on behind the last key of the target.
 */
export const copyRows = async ({ from, to }: Databases, onRows: OnRows): Promise<void> => {
  for (const name of tableNames) {
    const key = keyOf(name);
    const last = await tableOf(to.database.reader, name).findFirst({ orderBy: { [key]: 'desc' } });
    for await (const rows of pagesOf(from.database, name, last?.[key])) {
      const data = await fitRows(from.database, to.database.dialect, name, rows);
      const hashed = name === 'Image' ? await hashedImagesOf(from.database, rows) : [];
      await to.database.write(lockDeadlineMs(), async (transaction) => {
        await insertRows(transaction, to.location.kind, name, data);
        await insertHashes(transaction, hashed);
      });
      onRows(rows.length);
    }
  }
  await copyRowNumbers(from, to);
};

/** What the images among these rows are found by as similar ones. */
const hashedImagesOf = async ({ reader }: Database, rows: readonly Row[]): Promise<HashedImage[]> => {
  const images = rows as unknown as readonly ImageRow[];
  const hashes = [...new Set(images.map(({ blobSha256 }) => blobSha256))];
  const blobs = await reader.blob.findMany({
    where: { sha256: { in: hashes } },
    select: { sha256: true, fingerprint: true },
  });
  const fingerprints = new Map(blobs.map(({ sha256, fingerprint }) => [sha256, fingerprint as Fingerprint | null]));
  return images.flatMap((row) => {
    const fingerprint = fingerprints.get(row.blobSha256);
    return fingerprint ? [{ ...toImage(row), fingerprint }] : [];
  });
};

/** PostgreSQL reads the rows from one JSON text: one statement and one parameter, however many they are. */
const insertRows = async (
  transaction: Prisma.TransactionClient,
  kind: DatabaseLocation['kind'],
  name: TableName,
  data: readonly Row[],
): Promise<void> => {
  if (kind === 'file') {
    await tableOf(transaction, name).createMany({ data });
    return;
  }
  const sql = `INSERT INTO "${name}" SELECT * FROM json_populate_recordset(NULL::"${name}", $1::text::json)`;
  await transaction.$executeRawUnsafe(sql, JSON.stringify(data, withoutBigInts));
};

/** A table whose rows are not the same. */
export interface TableDifference {
  readonly table: TableName;
  readonly rowsOfSource: number;
  readonly rowsOfTarget: number;
}

/** Reads every row of both, and compares the tables by their number of rows and by a hash of all values. */
export const compareRows = async ({ from, to }: Databases, onRows: OnRows): Promise<TableDifference[]> => {
  const differences: TableDifference[] = [];
  for (const table of tableNames) {
    const [source, target] = await Promise.all([
      digestOf(from, table, (rows) => fitRows(from.database, to.database.dialect, table, rows), onRows),
      digestOf(to, table, async (rows) => rows, undefined),
    ]);
    if (source.hash === target.hash && source.count === target.count) continue;
    differences.push({ table, rowsOfSource: source.count, rowsOfTarget: target.count });
  }
  return differences;
};

const digestOf = async (
  { database }: OpenCopyDatabase,
  table: TableName,
  adapt: (rows: readonly Row[]) => Promise<readonly Row[]>,
  onRows: OnRows | undefined,
): Promise<{ count: number; hash: string }> => {
  const hash = createHash('sha256');
  let count = 0;
  for await (const rows of pagesOf(database, table, undefined)) {
    for (const row of await adapt(rows)) hash.update(textOf(row));
    count += rows.length;
    onRows?.(rows.length);
  }
  return { count, hash: hash.digest('hex') };
};

/** The values of a row, in the order of the names of their columns. */
const textOf = (row: Row): string => {
  const values = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(values, withoutBigInts);
};

const withoutBigInts = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** Removes all rows of an incomplete target. */
export const clearRows = async ({ location, database }: OpenCopyDatabase): Promise<void> => {
  const tables = ['ImageHash', ...tableNames.toReversed()].map((name) => `"${name}"`);
  const statements =
    location.kind === 'postgresql' ? [`TRUNCATE ${tables.join(', ')}`] : tables.map((table) => `DELETE FROM ${table}`);
  await database.write(lockDeadlineMs(), async (transaction) => {
    for (const statement of statements) await transaction.$executeRawUnsafe(statement);
  });
};
