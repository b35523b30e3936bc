import { setImmediate } from 'node:timers/promises';
import type { Sharp } from 'sharp';
import type { PngColor } from '../container/container.js';
import type { RawImage } from '../raw-image.js';
import { type MatrixProfile, readMatrixProfile } from './matrix-profile.js';
import { pngProfile } from './png-profile.js';

/**
 * Pixels with 16 bits a channel that have a profile. sharp converts those of colours to Display P3 and leaves grey ones as they are,
 * and its conversion to 8 bits then only calls them sRGB.
 */
export interface DeepColor {
  readonly space: 'rgb16' | 'grey16';
  /** Null if the profile has tables of colours, which only the codec reads: in 8 bits then. */
  readonly profile: MatrixProfile | null;
}

/** Null if sharp's own conversion is right. */
export function deepColor(color: PngColor | null): DeepColor | null {
  if (color?.bitDepth !== 16) return null;
  const found = pngProfile(color);
  const profile = found === 'embedded' ? color.profile : found;
  if (!(profile instanceof Buffer)) return null;
  const space = color.colorType === 0 || color.colorType === 4 ? 'grey16' : 'rgb16';
  return { space, profile: readMatrixProfile(profile) };
}

const levels = 65_536;

/** From XYZ (D50) to the light of sRGB: the inverse of its primaries, adapted by Bradford. */
const fromXyz = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const;

/** IEC 61966-2-1, from light in 65,536 steps to 8 bits. */
const encoded = Uint8Array.from({ length: levels }, (_, level) => {
  const light = level / (levels - 1);
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
});

const lightTable = (curve: (value: number) => number): Float32Array =>
  Float32Array.from({ length: levels }, (_, level) => curve(level / (levels - 1)));

const encode = (light: number): number =>
  encoded[Math.max(0, Math.min(levels - 1, Math.round(light * (levels - 1))))] ?? 0;

/** The pixels that are converted before others get their turn: some milliseconds. */
const pixelsAtOnce = 1 << 17;

/** One pixel of red, green and blue, or of grey, and alpha if there is one. */
type Converter = (from: Uint16Array, at: number, to: Uint8Array, toAt: number) => void;

function converterOf({ curves, toXyz }: MatrixProfile): Converter {
  const [red, green = red, blue = red] = curves.map(lightTable);
  if (!red || !green || !blue) throw new RangeError('a profile has one curve or three');
  if (!toXyz) return (from, at, to, toAt) => to.fill(encode(red[from[at] ?? 0] ?? 0), toAt, toAt + 3);
  const matrix = fromXyz.map((row) =>
    [0, 1, 2].map((column) => row.reduce((sum, value, index) => sum + value * (toXyz[index]?.[column] ?? 0), 0)),
  );
  const [[rr = 0, rg = 0, rb = 0] = [], [gr = 0, gg = 0, gb = 0] = [], [br = 0, bg = 0, bb = 0] = []] = matrix;
  return (from, at, to, toAt) => {
    const r = red[from[at] ?? 0] ?? 0;
    const g = green[from[at + 1] ?? 0] ?? 0;
    const b = blue[from[at + 2] ?? 0] ?? 0;
    to[toAt] = encode(rr * r + rg * g + rb * b);
    to[toAt + 1] = encode(gr * r + gg * g + gb * b);
    to[toAt + 2] = encode(br * r + bg * g + bb * b);
  };
}

/**
 * Computes the pipeline up to here in 16 bits, and its colours in sRGB of 8 bits. This is done here because sharp has no way to sRGB in
 * 16 bits, and the codec's own tables for 16 bits are too coarse for dark colours of linear light.
 * @param image Opened without its profile.
 */
export async function deepToSrgb(image: Sharp, space: DeepColor['space'], profile: MatrixProfile): Promise<RawImage> {
  const { data, info } = await image
    .toColourspace(space)
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const from = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const colors = channels < 3 ? 1 : 3;
  const toChannels = channels > colors ? 4 : 3;
  const to = Buffer.alloc(width * height * toChannels);
  const convert = converterOf(profile);
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (pixel % pixelsAtOnce === pixelsAtOnce - 1) await setImmediate();
    convert(from, pixel * channels, to, pixel * toChannels);
    if (toChannels === 4) to[4 * pixel + 3] = Math.round((from[pixel * channels + colors] ?? 0) / 257);
  }
  return { data: to, width, height, channels: toChannels };
}
