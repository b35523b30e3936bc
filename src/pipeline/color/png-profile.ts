import type { DeepSource, PngColor } from '../container/container.js';
import {
  type Chromaticity,
  greyProfile,
  isProfileOf,
  type Primaries,
  rgbProfile,
  type TransferCurve,
} from './icc-profile.js';

const d65: Chromaticity = [0.3127, 0.329];

const primariesOf = (white: Chromaticity, ...rgb: readonly [Chromaticity, Chromaticity, Chromaticity]): Primaries => ({
  white,
  red: rgb[0],
  green: rgb[1],
  blue: rgb[2],
});

export const rec709 = primariesOf(d65, [0.64, 0.33], [0.3, 0.6], [0.15, 0.06]);
const smpte170 = primariesOf(d65, [0.63, 0.34], [0.31, 0.595], [0.155, 0.07]);

/** ITU-T H.273, table 2. */
export const primariesByCodePoint: Readonly<Record<number, Primaries>> = {
  1: rec709,
  4: primariesOf([0.31, 0.316], [0.67, 0.33], [0.21, 0.71], [0.14, 0.08]),
  5: primariesOf(d65, [0.64, 0.33], [0.29, 0.6], [0.15, 0.06]),
  6: smpte170,
  7: smpte170,
  8: primariesOf([0.31, 0.316], [0.681, 0.319], [0.243, 0.692], [0.145, 0.049]),
  9: primariesOf(d65, [0.708, 0.292], [0.17, 0.797], [0.131, 0.046]),
  11: primariesOf([0.314, 0.351], [0.68, 0.32], [0.265, 0.69], [0.15, 0.06]),
  12: primariesOf(d65, [0.68, 0.32], [0.265, 0.69], [0.15, 0.06]),
  22: primariesOf(d65, [0.63, 0.34], [0.295, 0.605], [0.155, 0.077]),
};

export const srgbCurve: TransferCurve = {
  gamma: 2.4,
  parts: { a: 1 / 1.055, b: 0.055 / 1.055, c: 1 / 12.92, d: 0.04045 },
};
const rec709Curve: TransferCurve = { gamma: 1 / 0.45, parts: { a: 1 / 1.099, b: 0.099 / 1.099, c: 1 / 4.5, d: 0.081 } };

/** ITU-T H.273, table 3, but for the curves of HDR (16, 18) and logarithms (9, 10), whose light no variant can show as it is. */
export const curveByCodePoint: Readonly<Record<number, TransferCurve>> = {
  1: rec709Curve,
  4: { gamma: 2.2 },
  5: { gamma: 2.8 },
  6: rec709Curve,
  7: { gamma: 1 / 0.45, parts: { a: 1 / 1.1115, b: 0.1115 / 1.1115, c: 1 / 4, d: 0.0912 } },
  8: { gamma: 1 },
  11: rec709Curve,
  12: rec709Curve,
  13: srgbCurve,
  14: rec709Curve,
  15: rec709Curve,
};

/** How far a chromaticity may be from sRGB's and still be meant for it, as encoders round them. */
const primariesTolerance = 0.002;

/** `gAMA` of 1/2.2 with sRGB's primaries is how sRGB is described to decoders that do not know it (PNG, section 11.3.2.5). */
const isSrgbGamma = (gamma: number): boolean => Math.abs(gamma - 1 / 2.2) < 0.01;

/** Exponents beyond these bounds describe no display; `gAMA` may also be 0. */
const isPlausibleGamma = (gamma: number): boolean => gamma >= 0.1 && gamma <= 10;

const isGrey = ({ colorType }: PngColor): boolean => colorType === 0 || colorType === 4;

function isRec709({ white, red, green, blue }: Primaries): boolean {
  const found = [white, red, green, blue].flat();
  const expected = [rec709.white, rec709.red, rec709.green, rec709.blue].flat();
  return found.every((value, index) => Math.abs(value - (expected[index] ?? 0)) <= primariesTolerance);
}

function readChromaticities({ chromaticities }: PngColor): Primaries | null {
  const [wx = 0, wy = 0, rx = 0, ry = 0, gx = 0, gy = 0, bx = 0, by = 0] = (chromaticities ?? []).map(
    (v) => v / 100_000,
  );
  if (!(wy > 0 && ry > 0 && gy > 0 && by > 0)) return null;
  return primariesOf([wx, wy], [rx, ry], [gx, gy], [bx, by]);
}

/** The profile to decode by: `embedded` in the file, none (which means sRGB), or one that says the same as other chunks. */
export type PngProfile = 'embedded' | 'none' | Buffer;

const profileFor = (color: PngColor, primaries: Primaries, curve: TransferCurve): Buffer | null =>
  isGrey(color) ? greyProfile(curve) : rgbProfile(primaries, curve);

/** PNG, section 11.3.2.6. Null if the chunk is missing, or describes colours that are not known here. */
function byCodePoints(color: PngColor): PngProfile | null {
  const { primaries: primariesCode, transfer, matrix, fullRange } = color.codePoints ?? {};
  if (primariesCode === undefined || transfer === undefined || matrix !== 0 || !fullRange) return null;
  const [primaries, curve] = [primariesByCodePoint[primariesCode], curveByCodePoint[transfer]];
  if (!primaries || !curve) return null;
  if (curve === srgbCurve && (primaries === rec709 || isGrey(color))) return 'none';
  return profileFor(color, primaries, curve);
}

/** PNG, sections 11.3.2.1 and 11.3.2.2. */
function byGammaAndChromaticities(color: PngColor): PngProfile {
  const encoding = (color.gamma ?? 0) / 100_000;
  const gamma = isPlausibleGamma(1 / encoding) ? encoding : null;
  const primaries = readChromaticities(color);
  const hasOwnPrimaries = primaries !== null && !isGrey(color) && !isRec709(primaries);
  const hasOwnGamma = gamma !== null && (hasOwnPrimaries || !isSrgbGamma(gamma));
  if (!hasOwnGamma && !hasOwnPrimaries) return 'none';
  const curve = hasOwnGamma ? { gamma: 1 / gamma } : srgbCurve;
  const whole = profileFor(color, hasOwnPrimaries ? primaries : rec709, curve);
  return whole ?? (hasOwnGamma && !isSrgbGamma(gamma) ? (profileFor(color, rec709, curve) ?? 'none') : 'none');
}

/** What the colours of a PNG mean, by the order of its chunks in PNG (third edition), section 13.14: `cICP`, `iCCP`, `sRGB`, `gAMA` with `cHRM`. */
export function pngProfile(color: PngColor): PngProfile {
  const coded = byCodePoints(color);
  if (coded) return coded;
  if (color.profile && isProfileOf(color.profile, isGrey(color) ? 'GRAY' : 'RGB ')) return 'embedded';
  return color.srgbIntent === null ? byGammaAndChromaticities(color) : 'none';
}

/** The colours of a PNG with 16 bits a channel; null if it has 8, or is sRGB. */
export function deepPng(color: PngColor): DeepSource | null {
  if (color.bitDepth !== 16) return null;
  const found = pngProfile(color);
  const profile = found === 'embedded' ? color.profile : found;
  return profile instanceof Buffer ? { space: isGrey(color) ? 'grey16' : 'rgb16', profile } : null;
}
