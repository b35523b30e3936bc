import { foldText } from '../../lib/fold-text.js';
import type { Dialect, TextSearch } from '../database.js';
import { Prisma, type PrismaClient } from '../generated/client.js';
import { imageTable } from '../image-selection.js';
import { mostCandidates } from '../similar-images.js';

/** The index holds each three characters that follow one another. */
const shortestIndexed = 3;

/**
 * The index lists what it finds in no useful order: each hit is read and then sorted. Of a text with more hits than this, a page is
 * found sooner by walking through the images in the order of the list.
 */
const mostHits = 20_000;

/** By the index of texts, unless it finds so much that reading in the order of the list is quicker. */
const searchTexts = async (client: PrismaClient, text: string): Promise<TextSearch> => {
  const folded = foldText(text);
  const isContained = Prisma.sql`instr("altTextFolded", ${folded}) > 0`;
  // no text holds a NUL, which would end a phrase of the index
  const isIndexed = [...folded].length >= shortestIndexed && !folded.includes('\0');
  if (!isIndexed) return { source: imageTable, isContained };
  // in quotes, nothing but a quote has a meaning
  const phrase = `"${folded.replaceAll('"', '""')}"`;
  const tooManyHits = Prisma.sql`SELECT 1 FROM "ImageMetadataText" WHERE "ImageMetadataText" MATCH ${phrase} LIMIT 1 OFFSET ${mostHits}`;
  const isUseful = (await client.$queryRaw<unknown[]>(tooManyHits)).length === 0;
  return { source: isUseful ? hitsOf(phrase) : imageTable, isContained };
};

/** The images that the index finds, as a table. `CROSS JOIN` keeps SQLite to this order. */
const hitsOf = (phrase: string): Prisma.Sql => Prisma.sql`(SELECT "Image".* FROM "ImageMetadataText"
  CROSS JOIN "ImageMetadata" ON "ImageMetadata"."id" = "ImageMetadataText".rowid
  CROSS JOIN "Image" ON "Image"."id" = "ImageMetadata"."imageId"
  WHERE "ImageMetadataText" MATCH ${phrase})`;

/** It has no operator for the bits that differ. `CROSS JOIN` keeps it to this order. */
const hashCandidates = (probes: string): Prisma.Sql => Prisma.sql`
  WITH "searched" AS MATERIALIZED (
    SELECT value ->> 0 AS "group", value ->> 1 AS "hash", value ->> 2 AS "first", value -> 3 AS "places" FROM json_each(${probes}))
  SELECT "imageId", "group", ("ImageHash"."hash" | "searched"."hash") - ("ImageHash"."hash" & "searched"."hash") AS "bits"
  FROM "searched" CROSS JOIN json_each("searched"."places") AS "place"
  CROSS JOIN "ImageHash" ON "ImageHash"."bucket" = "searched"."first" + "place".value
  LIMIT ${mostCandidates}`;

/** It binds 32,766 values in a statement. */
const rowsAtOnce = 1_000;

/** One transaction writes at a time: it needs no locks, and numbers are given in the order of commits. */
export const sqliteDialect: Dialect = {
  indexable: (text) => text,
  searchTexts,
  hashCandidates,
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
