import type { MetalClassification, MetalFeature, MetalImage, MetalVersion } from '../domain/metal/metal-image.js';
import type { MetalImageFilter, MetalImageMatch, MetalImageQuery } from '../domain/metal/metal-ports.js';
import { type MetalImage as MetalImageRow, Prisma } from './generated/client.js';

/** The digits of 2^64-1: with leading zeros, texts of this length sort as their numbers. */
const numberLength = 20;

const toText = (number: bigint): string => number.toString().padStart(numberLength, '0');

export const toMetalImage = (row: MetalImageRow): MetalImage => ({
  id: row.id,
  name: row.name,
  description: row.description,
  url: row.url,
  features: [...(row.forMachines ? ['machine' as const] : []), ...(row.forFirewalls ? ['firewall' as const] : [])],
  classification: row.classification as MetalClassification,
  expirationDate: row.expirationDate,
  os: row.os,
  version: { major: BigInt(row.versionMajor), minor: BigInt(row.versionMinor), patch: BigInt(row.versionPatch) },
  created: row.created,
  changed: row.changed,
  revision: row.revision,
});

export const fromMetalImage = ({ features, version, ...columns }: MetalImage): MetalImageRow => ({
  ...columns,
  ...fromFeatures(features),
  versionMajor: toText(version.major),
  versionMinor: toText(version.minor),
  versionPatch: toText(version.patch),
});

export const fromFeatures = (features: readonly MetalFeature[]) => ({
  forMachines: features.includes('machine'),
  forFirewalls: features.includes('firewall'),
});

/** The columns of the numbers that are given. */
const fromVersion = ({ major, minor, patch }: Partial<MetalVersion>) => ({
  ...(major === undefined ? {} : { versionMajor: toText(major) }),
  ...(minor === undefined ? {} : { versionMinor: toText(minor) }),
  ...(patch === undefined ? {} : { versionPatch: toText(patch) }),
});

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
