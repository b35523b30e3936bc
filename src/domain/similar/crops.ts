import type { Fingerprint } from '../images/image.js';
import { type HashedRegion, hashedRegion, hashRegions, type Region, wholeImage } from './image-hash.js';

/** The hashes of an image in the index: of the whole image, and of its middle, which most crops still have. */
export interface KeptHashes {
  readonly whole: bigint;
  readonly middle: bigint;
}

/** What an image is searched by. An image that was not cropped has the same hash of the whole. */
export interface SearchedHashes {
  readonly whole: bigint;
  /** Compared with the middles of images: by them, this image is a crop of another one, or has another border or caption. */
  readonly middles: readonly bigint[];
  /** Compared with whole images: by them, another one is a crop of this image. */
  readonly crops: readonly bigint[];
}

/** Crops are compared with dozens of hashes, so each has to be nearer than a whole image. */
export const cropDistance = 5;

/** The most that a crop may cut off at each side, as a fraction, to be found. */
const margin = 0.15;

type Cut = readonly [left: number, top: number, right: number, bottom: number];

const sides = [0, 1, 2, 3] as const;
const depths = [0.05, 0.1, margin];

const cutAt = (depth: number, cutSides: readonly number[]): Cut =>
  [0, 1, 2, 3].map((side) => (cutSides.includes(side) ? depth : 0)) as unknown as Cut;

/** The crops that are tried. A crop between two of them is near enough to one to be found mostly. */
const cuts: readonly Cut[] = [
  ...depths.map((depth) => cutAt(depth, sides)),
  ...depths.flatMap((depth) => sides.map((side) => cutAt(depth, [side]))),
  // two opposite sides, as for another aspect ratio, and two that meet in a corner
  ...[0.1, 0.125, margin].flatMap((depth) => [cutAt(depth, [0, 2]), cutAt(depth, [1, 3])]),
  ...[0.1, margin].flatMap((depth) => sides.map((side) => cutAt(depth, [side, (side + 1) % sides.length]))),
];

const middle: Region = { left: margin, top: margin, right: 1 - margin, bottom: 1 - margin };

const remainder = ([left, top, right, bottom]: Cut): Region => ({ left, top, right: 1 - right, bottom: 1 - bottom });

/** Where the middle of an image is in a crop of it. */
const middleWithin = ([left, top, right, bottom]: Cut): Region => {
  const [width, height] = [1 - left - right, 1 - top - bottom];
  return {
    left: (middle.left - left) / width,
    top: (middle.top - top) / height,
    right: (middle.right - left) / width,
    bottom: (middle.bottom - top) / height,
  };
};

// made when they are first needed
let keptRegions: readonly HashedRegion[] | undefined;
let searchedRegions: readonly HashedRegion[] | undefined;

export const keptHashes = (fingerprint: Fingerprint): KeptHashes => {
  keptRegions ??= [wholeImage, middle].map(hashedRegion);
  const [whole = 0n, inner = 0n] = hashRegions(fingerprint, keptRegions);
  return { whole, middle: inner };
};

export const searchedHashes = (fingerprint: Fingerprint): SearchedHashes => {
  searchedRegions ??= [...cuts.map(middleWithin), ...cuts.map(remainder)].map(hashedRegion);
  const kept = keptHashes(fingerprint);
  const hashes = hashRegions(fingerprint, searchedRegions);
  return {
    whole: kept.whole,
    middles: [kept.middle, ...hashes.slice(0, cuts.length)],
    crops: hashes.slice(cuts.length),
  };
};
