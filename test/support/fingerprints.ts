import type { Fingerprint } from '../../src/domain/images/image.js';
import { encodeFingerprint, fingerprintSide } from '../../src/domain/similar/image-hash.js';

/** The frequencies that have a bit in the hash, as places in a fingerprint. */
const hashedPlaces = [
  ...Array.from({ length: 63 }, (_, index) => {
    const place = index + 1;
    return Math.floor(place / 8) * fingerprintSide + (place % 8);
  }),
  8,
];

/** Of an image that no other sample looks like. */
export const sampleStrengths = (): Float64Array =>
  Float64Array.from({ length: fingerprintSide ** 2 }, () => (Math.random() < 0.5 ? -1 : 1) * (1 + 9 * Math.random()));

export const sampleFingerprint = (): Fingerprint => encodeFingerprint(sampleStrengths());

/** An image whose hash differs in that many bits. */
export const atDistance = (strengths: Float64Array, distance: number): Fingerprint => {
  const inverted = Float64Array.from(strengths);
  const places = [...hashedPlaces].sort(() => Math.random() - 0.5).slice(0, distance);
  for (const place of places) inverted[place] = -(inverted[place] ?? 0);
  return encodeFingerprint(inverted);
};
