import { rgbProfile } from './icc-profile.js';
import { curveByCodePoint, primariesByCodePoint, rec709, srgbCurve } from './png-profile.js';

/** The code points that mean sRGB in practice: encoders write those of video, or none, for what browsers show as sRGB. */
const srgbTransfers = new Set([1, 2, 6, 13, 14, 15]);
const unspecified = 2;

/** A profile of the colours that code points of ITU-T H.273 describe; null for sRGB, HDR, and what is not known here. */
export function codePointProfile({
  primaries: code,
  transfer,
}: {
  primaries: number;
  transfer: number;
}): Buffer | null {
  const primaries = code === unspecified ? rec709 : primariesByCodePoint[code];
  const curve = srgbTransfers.has(transfer) ? srgbCurve : curveByCodePoint[transfer];
  if (!primaries || !curve || (primaries === rec709 && curve === srgbCurve)) return null;
  return rgbProfile(primaries, curve);
}
