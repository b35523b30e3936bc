import { foldText } from '../lib/fold-text.js';
import { Prisma } from './generated/client.js';

/** The index holds each three characters that follow one another. */
const shortestIndexed = 3;

/**
 * The index lists what it finds in no useful order: each hit is read and then sorted. Of a text with more hits than this, a page is
 * found sooner by walking through the images in the order of the list.
 */
const mostHits = 20_000;

/** A text to search for, as the state compares it. */
export class SearchedText {
  readonly #folded: string;

  constructor(text: string) {
    this.#folded = foldText(text);
  }

  /** No text holds a NUL, which would end a phrase of the index. */
  get isIndexed(): boolean {
    return [...this.#folded].length >= shortestIndexed && !this.#folded.includes('\0');
  }

  /** Selects one row if the index has more hits than it is of use for. */
  get tooManyHits(): Prisma.Sql {
    return Prisma.sql`SELECT 1 FROM "ImageMetadataText" WHERE "ImageMetadataText" MATCH ${this.#phrase} LIMIT 1 OFFSET ${mostHits}`;
  }

  /** The images that the index finds, as a table. `CROSS JOIN` keeps SQLite to this order. */
  get hits(): Prisma.Sql {
    return Prisma.sql`(SELECT "Image".* FROM "ImageMetadataText"
      CROSS JOIN "ImageMetadata" ON "ImageMetadata"."id" = "ImageMetadataText".rowid
      CROSS JOIN "Image" ON "Image"."id" = "ImageMetadata"."imageId"
      WHERE "ImageMetadataText" MATCH ${this.#phrase})`;
  }

  /** A condition on a row of the metadata. */
  get isContained(): Prisma.Sql {
    return Prisma.sql`instr("altTextFolded", ${this.#folded}) > 0`;
  }

  /** In quotes, nothing but a quote has a meaning. */
  get #phrase(): string {
    return `"${this.#folded.replaceAll('"', '""')}"`;
  }
}
