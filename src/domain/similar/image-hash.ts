import type { Fingerprint } from '../images/image.js';

/** The frequencies of a fingerprint along each side. */
export const fingerprintSide = 16;

/** A part of an image, as fractions of its width and height. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const wholeImage: Region = { left: 0, top: 0, right: 1, bottom: 1 };

/** Strengths are kept as square roots: those of fine detail are small, and only their sign counts. */
const bytesPerRoot = 11;

/** @param strengths Of the frequencies in grey levels, row by row, the mean first. */
export const encodeFingerprint = (strengths: Float64Array): Fingerprint => {
  const bytes = Int8Array.from(strengths, (strength, index) =>
    index === 0 ? 0 : Math.sign(strength) * Math.min(127, Math.round(Math.sqrt(Math.abs(strength)) * bytesPerRoot)),
  );
  return Buffer.from(bytes.buffer).toString('base64') as Fingerprint;
};

const decodeFingerprint = (fingerprint: Fingerprint): Float64Array => {
  const bytes = new Int8Array(Buffer.from(fingerprint, 'base64'));
  return Float64Array.from(bytes, (byte) => Math.sign(byte) * (byte / bytesPerRoot) ** 2);
};

/** The frequencies that a hash has a bit for: 0 to 7 along each side without the mean, and one more to have 64. */
const hashSide = 8;
const hashed: readonly (readonly [across: number, down: number])[] = [
  ...Array.from({ length: hashSide ** 2 - 1 }, (_, index) => {
    const place = index + 1;
    return [place % hashSide, Math.floor(place / hashSide)] as const;
  }),
  [hashSide, 0],
];

/** Where the integrals of the products of waves are sampled. */
const samples = 32;

type Matrix = readonly Float64Array[];

/** How much of each frequency of a part of a side is in each frequency of the whole side. */
const frequenciesWithin = (from: number, to: number): Matrix =>
  Array.from({ length: hashSide + 1 }, (_, own) =>
    Float64Array.from({ length: fingerprintSide }, (_unused, whole) => {
      let sum = 0;
      for (let sample = 0; sample < samples; sample++) {
        const at = (sample + 0.5) / samples;
        sum += Math.cos(whole * Math.PI * (from + (to - from) * at)) * Math.cos(own * Math.PI * at);
      }
      return sum / samples;
    }),
  );

/** Computed once for each region that hashes are asked of, of which there are a few dozen. */
export interface HashedRegion {
  readonly across: Matrix;
  readonly down: Matrix;
}

export const hashedRegion = ({ left, top, right, bottom }: Region): HashedRegion => ({
  across: frequenciesWithin(left, right),
  down: frequenciesWithin(top, bottom),
});

/**
 * The 64-bit hashes of regions of an image. A bit says whether a frequency is present as it is or inverted, so that hashes of the same
 * view differ in few bits, and those of different ones in half of them.
 */
export const hashRegions = (fingerprint: Fingerprint, regions: readonly HashedRegion[]): bigint[] => {
  const strengths = decodeFingerprint(fingerprint);
  return regions.map(({ across, down }) => {
    const rows = across.map((weights) => {
      const row = new Float64Array(fingerprintSide);
      for (let y = 0; y < fingerprintSide; y++) {
        let sum = 0;
        for (let x = 0; x < fingerprintSide; x++) sum += (strengths[y * fingerprintSide + x] ?? 0) * (weights[x] ?? 0);
        row[y] = sum;
      }
      return row;
    });
    const halves = [0, 0];
    for (const [bit, [x, y]] of hashed.entries()) {
      if (dot(rows[x], down[y]) <= 0) continue;
      const half = bit >> 5;
      halves[half] = ((halves[half] ?? 0) | (1 << (bit & 31))) >>> 0;
    }
    return BigInt.asIntN(64, (BigInt(halves[1] ?? 0) << 32n) | BigInt(halves[0] ?? 0));
  });
};

const dot = (a: Float64Array | undefined, b: Float64Array | undefined): number => {
  let sum = 0;
  for (let index = 0; index < fingerprintSide; index++) sum += (a?.[index] ?? 0) * (b?.[index] ?? 0);
  return sum;
};

let whole: readonly HashedRegion[] | undefined;

/** The hash of the whole image as 16 hexadecimal digits. */
export const perceptualHash = (fingerprint: Fingerprint): string => {
  whole ??= [hashedRegion(wholeImage)];
  return BigInt.asUintN(64, hashRegions(fingerprint, whole)[0] ?? 0n)
    .toString(16)
    .padStart(16, '0');
};

/** Frequencies weaker than this many grey levels may be the noise of a codec. */
const noise = 0.4;

/** Fewer stronger frequencies than this give a hash whose other bits are chance, as that of a flat image or a plain gradient. */
const leastDetail = 20;

export const hasEnoughDetail = (strengths: Float64Array): boolean =>
  hashed.filter(([x, y]) => Math.abs(strengths[y * fingerprintSide + x] ?? 0) >= noise).length >= leastDetail;
