import type { MetalImageFilter, MetalImageMatch, MetalImageQuery } from '../domain/metal/metal-ports.js';
import { Prisma } from './generated/client.js';
import { fromVersion } from './metal-rows.js';

/** Walked off its index backwards, without sorting. */
export const newestFirst = [
  { versionMajor: 'desc' },
  { versionMinor: 'desc' },
  { versionPatch: 'desc' },
  { id: 'desc' },
] as const satisfies Prisma.MetalImageOrderByWithRelationInput[];

const newestFirstSql = Prisma.sql`"versionMajor" DESC, "versionMinor" DESC, "versionPatch" DESC, "id" DESC`;

export const whereMatches = ({ os, version }: MetalImageMatch): Prisma.MetalImageWhereInput => ({
  os,
  ...fromVersion(version),
});

export const whereMeets = (filter: MetalImageFilter, now: Date): Prisma.MetalImageWhereInput => ({
  ...whereEquals(filter),
  ...(filter.version ? fromVersion(filter.version) : {}),
  ...(filter.features?.includes('machine') ? { forMachines: true } : {}),
  ...(filter.features?.includes('firewall') ? { forFirewalls: true } : {}),
  ...(filter.expired === undefined ? {} : { expirationDate: filter.expired ? { lte: now } : { gt: now } }),
});

const whereEquals = ({ id, name, os, classification }: MetalImageFilter): Prisma.MetalImageWhereInput => ({
  ...(id === undefined ? {} : { id }),
  ...(name === undefined ? {} : { name }),
  ...(os === undefined ? {} : { os }),
  ...(classification === undefined ? {} : { classification }),
});

export const whereStandsBetween = ({ after, before }: MetalImageQuery): Prisma.MetalImageWhereInput => ({
  id: { ...(after === undefined ? {} : { gt: after }), ...(before === undefined ? {} : { lt: before }) },
});

/** The newest image of each operating system is none: removing the others makes no other image the newest. */
const isOrphan = (now: Date): Prisma.Sql => Prisma.sql`
  "expirationDate" <= ${now}
  AND NOT EXISTS (SELECT 1 FROM "MetalImageUse" WHERE "imageId" = "MetalImage"."id")
  AND "id" <> (
    SELECT "same"."id" FROM "MetalImage" AS "same" WHERE "same"."os" = "MetalImage"."os"
    ORDER BY ${newestFirstSql} LIMIT 1)`;

export const selectOrphans = (now: Date): Prisma.Sql => Prisma.sql`
  SELECT * FROM "MetalImage" WHERE ${isOrphan(now)}
  ORDER BY "os", ${newestFirstSql}`;

export const deleteOrphans = (now: Date): Prisma.Sql => Prisma.sql`DELETE FROM "MetalImage" WHERE ${isOrphan(now)}`;
