import { foldText } from '../../lib/fold-text.js';
import type { TextSearch } from '../database.js';
import { Prisma, type PrismaClient } from '../generated/client.js';
import { imageTable } from '../image-selection.js';

/** The index holds each three characters that follow one another. */
const shortestIndexed = 3;

/**
 * The index lists what it finds in no useful order: each hit is read and then sorted. Of a text with more hits than this, a page is
 * found sooner by walking through the images in the order of the list.
 */
const mostHits = 20_000;

/** By the index of texts, unless it finds so much that reading in the order of the list is quicker. */
export const searchTexts = async (client: PrismaClient, text: string): Promise<TextSearch> => {
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
