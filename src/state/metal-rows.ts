import type { MetalClassification, MetalFeature, MetalImage, MetalVersion } from '../domain/metal/metal-image.js';
import type { MetalImage as MetalImageRow } from './generated/client.js';

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
export const fromVersion = ({ major, minor, patch }: Partial<MetalVersion>) => ({
  ...(major === undefined ? {} : { versionMajor: toText(major) }),
  ...(minor === undefined ? {} : { versionMinor: toText(minor) }),
  ...(patch === undefined ? {} : { versionPatch: toText(patch) }),
});
