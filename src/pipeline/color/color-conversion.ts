import { setImmediate } from 'node:timers/promises';
import type { Sharp } from 'sharp';
import type { Color, ColorSpace } from '../../domain/delivery/transform/transform.js';
import type { DeepSource } from '../container/container.js';
import { withProfile } from '../png-chunks.js';
import type { RawImage } from '../raw-image.js';
import { sharp } from '../sharp.js';
import { isProfileOf } from './icc-profile.js';
import { type MatrixProfile, readMatrixProfile } from './matrix-profile.js';

/** A conversion that is done here, as sharp alone would get the colours wrong. */
export interface ColorConversion {
  /**
   * How the pixels are read. sharp converts those of 16 bits with colours to Display P3 and leaves grey ones as they are, and its conversion
   * to 8 bits then only calls them sRGB; those of 8 bits it brings to sRGB at once, which cuts the others off.
   */
  readonly space: 'rgb16' | 'grey16' | 'srgb';
  /** Null if the profile has tables of colours, which only the codec reads: in 8 bits, and to sRGB. */
  readonly profile: MatrixProfile | null;
  readonly target: ColorSpace;
}

/** How far a full colour of a profile may be outside of sRGB, as part of its light, and still be meant for it. */
const gamutTolerance = 0.01;

/** Whether a profile has more colours than sRGB. */
const isWide = ({ toXyz }: MatrixProfile): boolean =>
  toXyz !== null &&
  product(fromXyz.srgb, toXyz)
    .flat()
    .some((light) => light < -gamutTolerance);

/**
 * How the colours of a file are brought to those that are asked for; null if sharp's own conversion is right.
 * @param deep Of pixels with more than 8 bits.
 * @param readIcc Reads the profile of the file, which is needed for 8 bits only.
 */
export async function conversionTo(
  target: ColorSpace,
  deep: DeepSource | null,
  readIcc: () => Promise<Buffer | undefined>,
): Promise<ColorConversion | null> {
  if (deep) {
    const profile = readMatrixProfile(deep.profile);
    return { space: deep.space, profile, target: profile && isWide(profile) ? target : 'srgb' };
  }
  const icc = target === 'srgb' ? undefined : await readIcc();
  const profile = icc && isProfileOf(icc, 'RGB ') ? readMatrixProfile(icc) : null;
  return profile && isWide(profile) ? { space: 'srgb', profile, target } : null;
}

const levels = 65_536;

type Matrix = readonly (readonly [number, number, number])[];

/** From XYZ (D50) to the light of the target: the inverse of its primaries, adapted by Bradford. */
const fromXyz: Readonly<Record<ColorSpace, Matrix>> = {
  srgb: [
    [3.1338561, -1.6168667, -0.4906146],
    [-0.9787684, 1.9161415, 0.033454],
    [0.0719453, -0.2289914, 1.4052427],
  ],
  p3: [
    [2.4039839, -0.9899067, -0.3976416],
    [-0.842223, 1.7988436, 0.0160354],
    [0.048206, -0.0974068, 1.274005],
  ],
};

const srgbToP3Light: Matrix = [
  [0.8224622, 0.1775378, 0],
  [0.0331942, 0.9668058, 0],
  [0.0170826, 0.0723975, 0.9105199],
];

const product = (left: Matrix, right: Matrix): number[][] =>
  left.map((row) =>
    [0, 1, 2].map((column) => row.reduce((sum, value, index) => sum + value * (right[index]?.[column] ?? 0), 0)),
  );

/** IEC 61966-2-1, which Display P3 shares, from light in 65,536 steps to 8 bits. */
const encoded = Uint8Array.from({ length: levels }, (_, level) => {
  const light = level / (levels - 1);
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
});

const lightOf = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

const lightTable = (curve: (value: number) => number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, level) => curve(level / (count - 1)));

const encode = (light: number): number =>
  encoded[Math.max(0, Math.min(levels - 1, Math.round(light * (levels - 1))))] ?? 0;

/** The pixels that are converted before others get their turn: some milliseconds. */
const pixelsAtOnce = 1 << 17;

/** One pixel of red, green and blue, or of grey, and alpha if there is one. */
type Converter = (from: Uint8Array | Uint16Array, at: number, to: Uint8Array, toAt: number) => void;

function converterOf({ curves, toXyz }: MatrixProfile, target: ColorSpace, sourceLevels: number): Converter {
  const [red, green = red, blue = red] = curves.map((curve) => lightTable(curve, sourceLevels));
  if (!red || !green || !blue) throw new RangeError('a profile has one curve or three');
  if (!toXyz) return (from, at, to, toAt) => to.fill(encode(red[from[at] ?? 0] ?? 0), toAt, toAt + 3);
  const matrix = product(fromXyz[target], toXyz);
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
 * Computes the pipeline up to here, and its colours in 8 bits of the target. This is done here because sharp has no way from 16 bits to
 * sRGB and none from 8 bits to Display P3, and the codec's own tables for 16 bits are too coarse for dark colours of linear light.
 * @param image Opened without its profile.
 */
export async function convertColors(
  image: Sharp,
  { space, target }: Pick<ColorConversion, 'space' | 'target'>,
  profile: MatrixProfile,
): Promise<RawImage> {
  const isDeep = space !== 'srgb';
  const { data, info } = await image
    .toColourspace(space)
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const from = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  const alphaScale = isDeep ? 257 : 1;
  const colors = channels < 3 ? 1 : 3;
  const toChannels = channels > colors ? 4 : 3;
  const to = Buffer.alloc(width * height * toChannels);
  const convert = converterOf(profile, target, isDeep ? levels : 256);
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (pixel % pixelsAtOnce === pixelsAtOnce - 1) await setImmediate();
    convert(from, pixel * channels, to, pixel * toChannels);
    if (toChannels === 4) to[4 * pixel + 3] = Math.round((from[pixel * channels + colors] ?? 0) / alphaScale);
  }
  return { data: to, width, height, channels: toChannels };
}

/** The colour of sRGB that looks the same in Display P3. */
export function inDisplayP3(color: Color): Color {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    lightOf(Number.parseInt(color.slice(at, at + 2), 16) / 255),
  );
  const values = srgbToP3Light.map(([r, g, b]) => encode(r * red + g * green + b * blue));
  return `#${values.map((value) => value.toString(16).padStart(2, '0')).join('')}${color.slice(7)}`;
}

/** The profile of Display P3 that the codec has, of 480 bytes. */
let p3Profile: Promise<Buffer> | undefined;
async function readP3Profile(): Promise<Buffer> {
  const create = { width: 1, height: 1, channels: 3 as const, background: '#000' };
  const { icc } = await sharp(await sharp({ create }).withIccProfile('p3').png().toBuffer()).metadata();
  if (!icc) throw new Error('The codec has no profile of Display P3.');
  return icc;
}

/**
 * A pipeline on computed pixels of Display P3, whose result has the profile. The pixels go through an uncompressed PNG: sharp keeps the
 * profile that a file has, and converts the colours to any that it is given.
 */
export async function withP3Profile(image: Sharp): Promise<Sharp> {
  p3Profile ??= readP3Profile();
  const png = await image.png({ compressionLevel: 0, adaptiveFiltering: false }).toBuffer();
  return sharp(withProfile(png, await p3Profile)).keepIccProfile();
}
