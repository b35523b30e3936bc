import type { AccountId } from '../domain/images/image.js';
import type { AccountQuery } from '../domain/images/image-query.js';
import { Prisma } from './generated/client.js';

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
