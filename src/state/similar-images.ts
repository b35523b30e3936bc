import { createHash } from 'node:crypto';
import type { AccountId, Fingerprint, Image, ImageId, Sha256 } from '../domain/images/image.js';
import { cropDistance, keptHashes, searchedHashes } from '../domain/similar/crops.js';
import type { SimilarQuery } from '../domain/similar/similar-query.js';
import type { Dialect } from './database.js';
import { type Image as ImageRow, Prisma } from './generated/client.js';

/**
 * Multi-index hashing: a hash has a row for each of its parts. Of two hashes that differ in few bits, one part differs in fewer, so
 * looking up a part with each choice of those bits inverted finds all.
 */
const parts = [
  { shift: 0, bits: 21 },
  { shift: 21, bits: 21 },
  { shift: 42, bits: 22 },
] as const;

const valueBits = 22;
const partBits = 3;
const accountBits = 38;

const kinds = { whole: 0, middle: parts.length } as const;

/** An account is distinguished from others by a number, as it is in every row; that of a row found is compared in full. */
const accountNumber = (accountId: AccountId): bigint =>
  createHash('sha256').update(accountId).digest().readBigUInt64BE() >> BigInt(64 - accountBits);

const bucketsOf = (accountId: AccountId, kind: keyof typeof kinds): bigint =>
  ((accountNumber(accountId) << BigInt(partBits)) + BigInt(kinds[kind])) << BigInt(valueBits);

interface HashRow {
  readonly bucket: bigint;
  readonly hash: bigint;
}

const rowsOf = (accountId: AccountId, fingerprint: Fingerprint): HashRow[] => {
  const { whole, middle } = keptHashes(fingerprint);
  return [
    { hash: whole, first: bucketsOf(accountId, 'whole') },
    { hash: middle, first: bucketsOf(accountId, 'middle') },
  ].flatMap(({ hash, first }) => placesOf(hash, unflipped).map((place) => ({ bucket: first + BigInt(place), hash })));
};

/** A part of a hash, and the bits of it that a lookup inverts. */
interface Flip {
  readonly part: number;
  readonly inverted: number;
}

const unflipped: readonly Flip[] = parts.map((_, part) => ({ part, inverted: 0 }));

/** The places of the buckets of a hash's parts, from its first bucket on. */
const placesOf = (hash: bigint, flips: readonly Flip[]): readonly number[] => {
  const values = parts.map(({ shift, bits }) => Number(BigInt.asUintN(bits, hash >> BigInt(shift))));
  return flips.map(({ part, inverted }) => part * 2 ** valueBits + ((values[part] ?? 0) ^ inverted));
};

export type IndexedImage = Pick<Image, 'id' | 'accountId' | 'sha256'>;

/** An image and the fingerprint that its blob should have. */
export interface HashedImage extends IndexedImage {
  readonly fingerprint: Fingerprint;
}

/** Adds the rows of images in one statement. An image has none if its blob has another fingerprint, as of older facts. */
export const insertHashes = async (
  transaction: Prisma.TransactionClient,
  images: readonly HashedImage[],
): Promise<void> => {
  if (images.length === 0) return;
  const rows = images.flatMap(({ id, accountId, sha256, fingerprint }) =>
    rowsOf(accountId, fingerprint).map(
      ({ bucket, hash }) =>
        Prisma.sql`(CAST(${bucket} AS BIGINT), CAST(${hash} AS BIGINT), ${id}, ${sha256}, ${fingerprint})`,
    ),
  );
  await transaction.$executeRaw`INSERT INTO "ImageHash" ("bucket", "hash", "imageId")
    SELECT column1, column2, column3 FROM (VALUES ${Prisma.join(rows)}) AS "kept"
    WHERE EXISTS (SELECT 1 FROM "Blob" WHERE "sha256" = column4 AND "fingerprint" = column5)
    ON CONFLICT DO NOTHING`;
};

export const deleteHashes = async (
  transaction: Prisma.TransactionClient,
  { id, accountId }: Pick<Image, 'id' | 'accountId'>,
  fingerprint: Fingerprint,
): Promise<void> => {
  const rows = rowsOf(accountId, fingerprint).map(
    ({ bucket, hash }) => Prisma.sql`("bucket" = ${bucket} AND "hash" = ${hash} AND "imageId" = ${id})`,
  );
  await transaction.$executeRaw`DELETE FROM "ImageHash" WHERE ${Prisma.join(rows, ' OR ')}`;
};

/** Rows that one search looks at. If an account has more images that look the same, these are the candidates. */
export const mostCandidates = 20_000;

/** The images that look like one with the fingerprint, the nearest first. */
export const selectSimilar = (
  { hashCandidates }: Dialect,
  { accountId, fingerprint, maxDistance, except, limit }: SimilarQuery,
): Prisma.Sql => {
  const nearest = Math.min(maxDistance, cropDistance);
  const candidates = hashCandidates(probesOf(accountId, fingerprint, [maxDistance, nearest]));
  // the account is compared as an expression, as SQLite would read all of its images by their index; bits that differ are counted in
  // fours, in eights and then all, as sums of two would reach the sign
  return Prisma.sql`
    SELECT "Image".*, "near"."distance" FROM (
      WITH "candidate" AS MATERIALIZED (${candidates}),
      "halves" AS MATERIALIZED (SELECT "imageId", "group",
        "bits" & 6148914691236517205 AS "even", ("bits" >> 1) & 6148914691236517205 AS "odd" FROM "candidate"),
      "fours" AS MATERIALIZED (SELECT "imageId", "group",
        ("even" & 3689348814741910323) + (("even" >> 2) & 3689348814741910323)
        + ("odd" & 3689348814741910323) + (("odd" >> 2) & 3689348814741910323) AS "bits" FROM "halves"),
      "counted" AS MATERIALIZED (SELECT "imageId", "group",
        (("bits" & 1085102592571150095) + (("bits" >> 4) & 1085102592571150095)) % 255 AS "distance" FROM "fours")
      SELECT "imageId", MIN("distance") AS "distance" FROM "counted"
      WHERE "distance" <= CASE "group" WHEN 0 THEN CAST(${maxDistance} AS BIGINT) ELSE CAST(${nearest} AS BIGINT) END
        AND "imageId" <> ${except}
      GROUP BY "imageId" ORDER BY 2, 1 LIMIT ${limit}) AS "near"
    JOIN "Image" ON "Image"."id" = "near"."imageId" AND CAST("Image"."accountId" AS TEXT) = ${accountId}
    ORDER BY "near"."distance", "Image"."id"`;
};

export type SimilarRow = ImageRow & { readonly distance: number | bigint };

/** The lookups of a search. Group 0 is the whole image, group 1 the crops; each has its own distance. */
const probesOf = (
  accountId: AccountId,
  fingerprint: Fingerprint,
  [ofWhole, ofCrops]: readonly [number, number],
): string => {
  const { whole, middles, crops } = searchedHashes(fingerprint);
  const [wholeBuckets, middleBuckets] = [bucketsOf(accountId, 'whole'), bucketsOf(accountId, 'middle')];
  const probes = (group: number, distance: number, first: bigint, hashes: readonly bigint[]): string[] => {
    const flips = flipsWithin(distance);
    // written by hand: JSON.stringify accepts no bigint
    return hashes.map((hash) => `[${group},${hash},${first},[${placesOf(hash, flips)}]]`);
  };
  // the first are looked up first, before there are too many candidates
  const all = [
    ...probes(0, ofWhole, wholeBuckets, [whole]),
    ...probes(1, ofCrops, middleBuckets, middles),
    ...probes(1, ofCrops, wholeBuckets, crops),
  ];
  return `[${all}]`;
};

const knownFlips = new Map<number, readonly Flip[]>();

/** The lookups that find every hash within a distance, the nearest first. */
const flipsWithin = (distance: number): readonly Flip[] => {
  const known = knownFlips.get(distance) ?? makeFlips(distance);
  knownFlips.set(distance, known);
  return known;
};

const makeFlips = (distance: number): readonly Flip[] =>
  parts
    .flatMap(({ bits }, part) => {
      // the parts share the distance: if each differed in more bits than its share, the hashes would differ in more than the distance
      const share = Math.floor((distance + 1 + parts.length - 1 - part) / parts.length) - 1;
      return inversions(bits, share).map((bitsInverted) => ({ part, bitsInverted }));
    })
    .sort((a, b) => a.bitsInverted.length - b.bitsInverted.length)
    .map(({ part, bitsInverted }) => ({ part, inverted: bitsInverted.reduce((sum, bit) => sum + 2 ** bit, 0) }));

/** All choices of at most that many bits; none for a negative number. */
const inversions = (bits: number, most: number, from = 0): number[][] => {
  if (most < 0) return [];
  const found: number[][] = [[]];
  if (most === 0) return found;
  for (let bit = from; bit < bits; bit++) {
    for (const rest of inversions(bits, most - 1, bit + 1)) found.push([bit, ...rest]);
  }
  return found;
};

export interface FingerprintRow {
  readonly fingerprint: string | null;
}

/** The next images with these bytes, in the order of their ids. */
export const imagesNaming = async (
  transaction: Prisma.TransactionClient,
  sha256: Sha256,
  after: ImageId | null,
): Promise<IndexedImage[]> => {
  const rows = await transaction.image.findMany({
    where: { blobSha256: sha256, id: { gt: after ?? '' } },
    orderBy: { id: 'asc' },
    take: 500,
    select: { id: true, accountId: true },
  });
  return rows.map(({ id, accountId }) => ({ id: id as ImageId, accountId: accountId as AccountId, sha256 }));
};
