import type { Sha256 } from '../domain/images/image.js';
import { Prisma } from './generated/client.js';

/** Makes the tombstone of bytes younger, if they have one: for bytes that are about to be named. */
export const keepBytesSql = (sha256: Sha256, now: Date): Prisma.Sql =>
  Prisma.sql`UPDATE "Blob" SET "unnamedOn" = ${now} WHERE "sha256" = ${sha256} AND "unnamedOn" IS NOT NULL`;
