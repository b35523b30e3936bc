import type { AccountId, PublicId } from '../domain/images/image.js';
import type {
  AccountQuery,
  AddressFilter,
  ImageFilter,
  ImageOrder,
  ImagePosition,
  ImageQuery,
  ImageSortKey,
  Range,
} from '../domain/images/image-query.js';
import type { TextSearch } from './database.js';
import {
  type Blob as BlobRow,
  type Image as ImageRow,
  type ImageMetadata as MetadataRow,
  Prisma,
} from './generated/client.js';

export const imageTable = Prisma.sql`"Image"`;

/**
 * SQL by hand, because Prisma's `contains` treats % and _ as wildcards, and can't escape them.
 * @param search Finds the filter's `altTextContains`.
 */
export const selectImages = (query: ImageQuery, search: TextSearch | undefined): Prisma.Sql => {
  const { accountId, filter, order, after, before, take, skip, limit } = query;
  const conditions = [...filterConditions(accountId, filter, search)];
  if (after) conditions.push(standsBeyond(after, order.key, order.direction));
  if (before) conditions.push(standsBeyond(before, order.key, opposite(order.direction)));
  const direction = take === 'first' ? order.direction : opposite(order.direction);
  return Prisma.sql`
    SELECT * FROM ${search?.source ?? imageTable} AS "Image" WHERE ${allOf(conditions)}
    ORDER BY ${columnOf[order.key]} ${keywordOf[direction]}, "id" ${keywordOf[direction]}
    LIMIT ${limit} OFFSET ${skip}`;
};

export const selectImageCount = (
  accountId: AccountId,
  filter: ImageFilter,
  search: TextSearch | undefined,
): Prisma.Sql =>
  Prisma.sql`SELECT COUNT(*) AS "count" FROM ${search?.source ?? imageTable} AS "Image" WHERE ${allOf(filterConditions(accountId, filter, search))}`;

type Direction = ImageOrder['direction'];

const opposite = (direction: Direction): Direction => (direction === 'asc' ? 'desc' : 'asc');

const columnOf = {
  createdOn: Prisma.sql`"createdOn"`,
  updatedOn: Prisma.sql`"updatedOn"`,
  byteSize: Prisma.sql`"byteSize"`,
} satisfies Record<ImageSortKey, Prisma.Sql>;

const keywordOf = { asc: Prisma.sql`ASC`, desc: Prisma.sql`DESC` } satisfies Record<Direction, Prisma.Sql>;

const allOf = (conditions: readonly Prisma.Sql[]): Prisma.Sql => Prisma.join([...conditions], ' AND ');

/** After the position in the direction of travel; compared as a pair, so that the index finds the place. */
const standsBeyond = ({ value, id }: ImagePosition, key: ImageSortKey, direction: Direction): Prisma.Sql =>
  direction === 'asc'
    ? Prisma.sql`(${columnOf[key]}, "id") > (${value}, ${id})`
    : Prisma.sql`(${columnOf[key]}, "id") < (${value}, ${id})`;

const filterConditions = (accountId: AccountId, filter: ImageFilter, search: TextSearch | undefined): Prisma.Sql[] => [
  Prisma.sql`"accountId" = ${accountId}`,
  ...oneOfConditions(Prisma.sql`"mimeType"`, filter.mimeTypes),
  ...disabledConditions(filter.disabled),
  ...(search ? [hasMetadata(search.isContained)] : []),
  ...missingTextConditions(filter),
  ...addressConditions(filter),
  ...rangeConditions('createdOn', filter.createdOn),
  ...rangeConditions('updatedOn', filter.updatedOn),
  ...rangeConditions('byteSize', filter.byteSize),
];

const oneOfConditions = (column: Prisma.Sql, values: readonly string[] | undefined): Prisma.Sql[] => {
  if (!values) return [];
  return [values.length === 0 ? Prisma.sql`FALSE` : Prisma.sql`${column} IN (${Prisma.join([...new Set(values)])})`];
};

const disabledConditions = (disabled: ImageFilter['disabled']): Prisma.Sql[] => {
  if (disabled === undefined) return [];
  return [disabled ? Prisma.sql`"disabledOn" IS NOT NULL` : Prisma.sql`"disabledOn" IS NULL`];
};

const missingTextConditions = ({ altTextMissing, altTextMissingIn }: ImageFilter): Prisma.Sql[] => {
  const conditions: Prisma.Sql[] = [];
  const present = hasMetadata(Prisma.sql`"altText" IS NOT NULL`);
  if (altTextMissing === false) conditions.push(present);
  if (altTextMissing || altTextMissingIn === null) conditions.push(Prisma.sql`NOT ${present}`);
  if (altTextMissingIn) {
    conditions.push(Prisma.sql`NOT EXISTS (
      SELECT 1 FROM "ImageAltText" WHERE "imageId" = "Image"."id" AND "locale" = ${altTextMissingIn})`);
  }
  return conditions;
};

const hasAddress = Prisma.sql`"addressKey" IS NOT NULL`;

const addressConditions = ({ addressed, address }: ImageFilter): Prisma.Sql[] => {
  const conditions: Prisma.Sql[] = [];
  if (addressed !== undefined) {
    const present = hasMetadata(hasAddress);
    conditions.push(addressed ? present : Prisma.sql`NOT ${present}`);
  }
  if (address) conditions.push(hasMetadata(allOf([hasAddress, ...partConditions(address)])));
  return conditions;
};

const partConditions = ({ types, entityId, ds, cid }: AddressFilter): Prisma.Sql[] => [
  ...oneOfConditions(Prisma.sql`"type"`, types),
  ...textConditions(Prisma.sql`"addressId"`, entityId),
  ...textConditions(Prisma.sql`"ds"`, ds),
  ...textConditions(Prisma.sql`"cid"`, cid),
];

const textConditions = (column: Prisma.Sql, text: string | null | undefined): Prisma.Sql[] => {
  if (text === undefined) return [];
  return [text === null ? Prisma.sql`${column} IS NULL` : Prisma.sql`${column} = ${text}`];
};

const hasMetadata = (condition: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`EXISTS (SELECT 1 FROM "ImageMetadata" WHERE "imageId" = "Image"."id" AND ${condition})`;

const rangeConditions = (key: ImageSortKey, range: Range<Date | number> | undefined): Prisma.Sql[] => {
  const conditions: Prisma.Sql[] = [];
  if (range?.min !== undefined) conditions.push(Prisma.sql`${columnOf[key]} >= ${range.min}`);
  if (range?.max !== undefined) conditions.push(Prisma.sql`${columnOf[key]} <= ${range.max}`);
  return conditions;
};

/** Steps from account to account in the index: DISTINCT would walk over every image. */
export const selectAccounts = ({ after, before, take, limit }: AccountQuery): Prisma.Sql => {
  const nearest = take === 'first' ? Prisma.sql`MIN("accountId")` : Prisma.sql`MAX("accountId")`;
  const isFurther = take === 'first' ? Prisma.sql`>` : Prisma.sql`<`;
  const bounds = [
    ...(after === undefined ? [] : [Prisma.sql`AND "accountId" > ${after}`]),
    ...(before === undefined ? [] : [Prisma.sql`AND "accountId" < ${before}`]),
  ];
  const between = bounds.length === 0 ? Prisma.empty : Prisma.join(bounds, ' ');
  return Prisma.sql`
    SELECT "id" FROM (
      WITH RECURSIVE "steps" ("id", "place") AS (
        SELECT ${nearest}, 1 FROM "Image" WHERE TRUE ${between}
        UNION ALL
        SELECT (SELECT ${nearest} FROM "Image" WHERE "accountId" ${isFurther} "steps"."id" ${between}), "place" + 1
        FROM "steps" WHERE "id" IS NOT NULL AND "place" < ${limit}
      )
      SELECT "id" FROM "steps"
    ) AS "listed" WHERE "id" IS NOT NULL ORDER BY "id"`;
};

/** An index has both columns. */
export const selectAccountSizes = (accountIds: readonly AccountId[]): Prisma.Sql =>
  Prisma.sql`
    SELECT "accountId", COUNT(*) AS "imageCount", SUM("byteSize") AS "byteSize" FROM "Image"
    WHERE "accountId" IN (${Prisma.join([...accountIds])}) GROUP BY "accountId"`;

export type PublicImageRow = ImageRow &
  Pick<BlobRow, 'width' | 'height' | 'hasAlpha' | 'frameCount'> &
  Pick<MetadataRow, 'focalX' | 'focalY'>;

/** One statement over three tables, so that no write falls between what it finds in them. */
export const selectPublicImage = (publicId: PublicId): Prisma.Sql => Prisma.sql`
  SELECT "Image".*, "width", "height", "hasAlpha", "frameCount", "focalX", "focalY"
  FROM "Image"
  JOIN "Blob" ON "sha256" = "blobSha256"
  JOIN "ImageMetadata" ON "imageId" = "Image"."id"
  WHERE "publicId" = ${publicId}`;
