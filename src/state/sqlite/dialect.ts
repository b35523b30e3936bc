import type { Dialect } from '../database.js';
import { Prisma } from '../generated/client.js';
import { searchTexts } from './text-search.js';

/** It binds 32,766 values in a statement. */
const rowsAtOnce = 1_000;

/** One transaction writes at a time: it needs no locks, and numbers are given in the order of commits. */
export const sqliteDialect: Dialect = {
  indexable: (text) => text,
  searchTexts,
  async insertChanges(transaction, rows) {
    const numbers: number[] = [];
    for (let start = 0; start < rows.length; start += rowsAtOnce) {
      const values = rows
        .slice(start, start + rowsAtOnce)
        .map(
          (row) =>
            Prisma.sql`(${row.occurredOn}, ${row.kind}, ${row.imageId}, ${row.accountId}, ${row.publicId}, ${row.sha256}, ${row.metalImageId})`,
        );
      const inserted = await transaction.$queryRaw<{ seq: number | bigint }[]>`INSERT INTO "Change"
        ("occurredOn", "kind", "imageId", "accountId", "publicId", "sha256", "metalImageId")
        VALUES ${Prisma.join(values)} RETURNING "seq"`;
      numbers.push(...inserted.map(({ seq }) => Number(seq)));
    }
    // rows are returned in any order, but numbered in that of the values
    return numbers.sort((a, b) => a - b);
  },
  lockBlob: async () => undefined,
  lockAccount: async () => undefined,
};
