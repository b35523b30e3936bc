import { createHash } from 'node:crypto';
import { foldText } from '../../lib/fold-text.js';
import type { Dialect } from '../database.js';
import { Prisma } from '../generated/client.js';
import { imageTable } from '../image-selection.js';
import { mostCandidates } from '../similar-images.js';
import { changeChannel, formatNotice } from './notices.js';

/** Namespaces of the advisory locks that a transaction holds until it ends. */
const locks = { journal: 0, account: 1 } as const;

/** An entry of an index has 2,704 bytes at most. */
const maxIndexedBytes = 2_000;

/** A statement binds 65,535 values. */
const rowsAtOnce = 5_000;

/** Each lookup is a subquery with a limit: a plain join may be planned as a scan of the whole table. */
const hashCandidates = (probes: string): Prisma.Sql => Prisma.sql`
  SELECT "found"."imageId", "probe"."group", "found"."hash" # "probe"."hash" AS "bits"
  FROM (
    SELECT (searched ->> 0)::int AS "group", (searched ->> 1)::bigint AS "hash", (searched ->> 2)::bigint + "place"::bigint AS "bucket"
    FROM json_array_elements(${probes}::text::json) WITH ORDINALITY AS "hash" (searched, "turn")
    CROSS JOIN LATERAL json_array_elements_text(searched -> 3) WITH ORDINALITY AS "look" ("place", "next")
    ORDER BY "turn", "next") AS "probe"
  CROSS JOIN LATERAL (
    SELECT "hash", "imageId" FROM "ImageHash" WHERE "bucket" = "probe"."bucket" LIMIT ${mostCandidates}) AS "found"
  LIMIT ${mostCandidates}`;

/** Transactions run side by side: each statement sees what is committed by then. */
export const createPostgresqlDialect = (serverId: string): Dialect => ({
  indexable: (text) =>
    Buffer.byteLength(text) <= maxIndexedBytes ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`,
  async searchTexts(_client, text) {
    // a part of an index of trigrams, which PostgreSQL uses where that is quicker
    const pattern = `%${foldText(text).replaceAll(/[\\%_]/g, '\\$&')}%`;
    return { source: imageTable, isContained: Prisma.sql`"altTextFolded" LIKE ${pattern}` };
  },
  hashCandidates,
  async insertChanges(transaction, rows, written) {
    const notice = formatNotice({ serverId, writtenImages: written });
    const numbers: number[] = [];
    for (let start = 0; start < rows.length; start += rowsAtOnce) {
      const values = rows
        .slice(start, start + rowsAtOnce)
        .map(
          (row, index) =>
            Prisma.sql`(${index}::int, ${row.occurredOn}::timestamp(3), ${row.kind}, ${row.imageId}, ${row.accountId}, ${row.publicId}, ${row.sha256}, ${row.metalImageId})`,
        );
      // the lock is held until the commit is visible, so no reader of the journal ever sees a number before a lower one
      const inserted = await transaction.$queryRaw<{ seq: number | bigint }[]>`WITH "journaled" AS (
        INSERT INTO "Change" ("occurredOn", "kind", "imageId", "accountId", "publicId", "sha256", "metalImageId")
        SELECT "occurredOn", "kind", "imageId", "accountId", "publicId", "sha256", "metalImageId"
        FROM (SELECT pg_advisory_xact_lock(${locks.journal}::int, 0)) AS "turn",
          (VALUES ${Prisma.join(values)})
            AS "row" ("index", "occurredOn", "kind", "imageId", "accountId", "publicId", "sha256", "metalImageId")
        ORDER BY "index" RETURNING "seq")
        SELECT "seq", pg_notify(${changeChannel}, ${notice}) FROM "journaled"`;
      numbers.push(...inserted.map(({ seq }) => Number(seq)));
    }
    return numbers.sort((a, b) => a - b);
  },
  async lockBlob(transaction, sha256) {
    await transaction.$executeRaw`SELECT 1 FROM "Blob" WHERE "sha256" = ${sha256} FOR UPDATE`;
  },
  async lockAccount(transaction, accountId) {
    await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${locks.account}::int, hashtext(${accountId}))`;
  },
});
