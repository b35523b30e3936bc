import { crc32, deflateSync } from 'node:zlib';
import type { Sharp } from 'sharp';
import { sharp } from '../../src/pipeline/sharp.js';

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Red, green and blue, 0 to 255, and alpha where there is one. */
export type Pixel = readonly [red: number, green: number, blue: number, alpha?: number];

const small: ImageSize = { width: 320, height: 200 };

/** An image from a function of its pixels. */
function paint({ width, height }: ImageSize, pixelAt: (x: number, y: number) => Pixel): Sharp {
  const rgba = Buffer.alloc(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [red, green, blue, alpha = 255] = pixelAt(x, y);
      rgba.set([red, green, blue, alpha], (y * width + x) * 4);
    }
  }
  return sharp(rgba, { raw: { width, height, channels: 4 } });
}

/** Numbers from 0 to 1 that look random and are the same in every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

/** Soft slopes with grain, which compress like a photograph. */
const photo = (size: ImageSize): Sharp => {
  const next = noise(7);
  const grain = (): number => Math.floor(next() * 24);
  return paint(size, (x, y) => [
    Math.floor((x / size.width) * 220) + grain(),
    Math.floor((y / size.height) * 220) + grain(),
    90 + grain(),
  ]).removeAlpha();
};

export const photoJpeg = (size = small): Promise<Buffer> => photo(size).jpeg().toBuffer();
export const progressiveJpeg = (size = small): Promise<Buffer> => photo(size).jpeg({ progressive: true }).toBuffer();
export const cmykJpeg = (size = small): Promise<Buffer> => photo(size).toColourspace('cmyk').jpeg().toBuffer();
export const grayJpeg = (size = small): Promise<Buffer> => photo(size).toColourspace('b-w').jpeg().toBuffer();
export const photoPng = (size = small): Promise<Buffer> => photo(size).png().toBuffer();
export const interlacedPng = (size = small): Promise<Buffer> => photo(size).png({ progressive: true }).toBuffer();
export const palettePng = (size = small): Promise<Buffer> => photo(size).png({ palette: true }).toBuffer();
export const deepPng = (size = small): Promise<Buffer> => photo(size).toColourspace('rgb16').png().toBuffer();
export const photoWebp = (size = small): Promise<Buffer> => photo(size).webp().toBuffer();
export const losslessWebp = (size = small): Promise<Buffer> => photo(size).webp({ lossless: true }).toBuffer();

let newPhotos = 0;
/** An image like no other of the same test file. */
export const newPhoto = (): Promise<Buffer> => {
  newPhotos += 1;
  return photoJpeg({ width: 20 + newPhotos, height: 30 });
};

/** No part of it is like another: every crop and every scaling of it differs. The same for a size, so that it can be compared. */
export function noisePng({ width, height }: ImageSize, channels: 3 | 4 = 3): Promise<Buffer> {
  const next = noise(1);
  const pixels = Uint8Array.from({ length: width * height * channels }, () => 256 * next());
  return sharp(pixels, { raw: { width, height, channels } }).png().toBuffer();
}

/** One colour all over, without alpha. */
export const plainPng = (size: ImageSize, [r, g, b]: Pixel): Promise<Buffer> =>
  sharp({ create: { ...size, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();

/** Red where it is visible: the left half is transparent, the right half opaque. */
const halfTransparent = (size: ImageSize): Sharp =>
  paint(size, (x) => (x < size.width / 2 ? [0, 0, 0, 0] : [255, 0, 0, 255]));

export const alphaPng = (size = small): Promise<Buffer> => halfTransparent(size).png().toBuffer();
export const alphaWebp = (size = small): Promise<Buffer> => halfTransparent(size).webp({ lossless: true }).toBuffer();
export const transparentPng = (size = small): Promise<Buffer> =>
  paint(size, () => [0, 0, 0, 0])
    .png()
    .toBuffer();

export const quarterColors = {
  topLeft: [255, 0, 0],
  topRight: [0, 255, 0],
  bottomLeft: [0, 0, 255],
  bottomRight: [255, 255, 0],
} as const satisfies Record<string, Pixel>;

/** The colour of an upright image with a quarter in each of {@link quarterColors}. */
function quarterAt({ width, height }: ImageSize, x: number, y: number): Pixel {
  if (y < height / 2) return x < width / 2 ? quarterColors.topLeft : quarterColors.topRight;
  return x < width / 2 ? quarterColors.bottomLeft : quarterColors.bottomRight;
}

export const quartersPng = (size = small): Promise<Buffer> =>
  paint(size, (x, y) => quarterAt(size, x, y))
    .removeAlpha()
    .png()
    .toBuffer();

/** By EXIF orientation: the upright place of what is stored at x, y, where right and bottom are the last column and row. */
const uprightPlaces: Record<number, (x: number, y: number, right: number, bottom: number) => [x: number, y: number]> = {
  1: (x, y) => [x, y],
  2: (x, y, right) => [right - x, y],
  3: (x, y, right, bottom) => [right - x, bottom - y],
  4: (x, y, _right, bottom) => [x, bottom - y],
  5: (x, y) => [y, x],
  6: (x, y, right) => [right - y, x],
  7: (x, y, right, bottom) => [right - y, bottom - x],
  8: (x, y, _right, bottom) => [y, bottom - x],
};

export const exifOrientations = Object.keys(uprightPlaces).map(Number);

/** Stored so that its EXIF orientation (1 to 8) brings {@link quarterColors} to their places; `size` is the upright one. */
export function exifRotatedJpeg(orientation: number, size = small): Promise<Buffer> {
  const { width, height } = size;
  const place = uprightPlaces[orientation];
  if (!place) throw new RangeError(`EXIF has no orientation ${orientation}`);
  const stored = orientation >= 5 ? { width: height, height: width } : size;
  return paint(stored, (x, y) => quarterAt(size, ...place(x, y, width - 1, height - 1)))
    .removeAlpha()
    .withMetadata({ orientation })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

/** With a position, a description and a wide-gamut profile in its metadata. */
export const taggedJpeg = (size = small): Promise<Buffer> =>
  photo(size)
    .withExif({ IFD0: { ImageDescription: 'private words' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><private/></x:xmpmeta>')
    .withIccProfile('p3')
    .jpeg()
    .toBuffer();

/** A still image whose left part is flat and whose right end is full of detail. */
export const busyRightPng = (size = small): Promise<Buffer> => {
  const next = noise(3);
  return paint(size, (x) => (x < size.width * 0.8 ? [40, 60, 90] : [255 * Math.round(next()), 40, 200]))
    .removeAlpha()
    .png()
    .toBuffer();
};

export interface AnimationTraits extends ImageSize {
  readonly frames: number;
  readonly delayMs: number;
  readonly loops: number;
}

/** The colour all over a frame of {@link animatedWebp}. */
export const frameColor = (frame: number): Pixel => [(frame * 80) % 256, 255 - ((frame * 60) % 256), 128];

/** How much two pixels differ at most in a channel, 0 to 255. */
export const colorDistance = ([r, g, b, a = 255]: Pixel, [red, green, blue, alpha = 255]: Pixel): number =>
  Math.max(Math.abs(r - red), Math.abs(g - green), Math.abs(b - blue), Math.abs(a - alpha));

/** Frames of one colour each, see {@link frameColor}. */
export async function animatedWebp(traits: Partial<AnimationTraits> = {}): Promise<Buffer> {
  const { width, height, frames, delayMs, loops } = { ...small, frames: 3, delayMs: 120, loops: 2, ...traits };
  const photos = Array.from({ length: frames }, (_, frame) => plainPng({ width, height }, frameColor(frame)));
  return sharp(await Promise.all(photos), { join: { animated: true } })
    .webp({ lossless: true, delay: Array.from({ length: frames }, () => delayMs), loop: loops })
    .toBuffer();
}

/** The first part of a file, as a broken upload leaves it. */
export const truncated = (bytes: Buffer, fraction: number): Buffer =>
  bytes.subarray(0, Math.floor(bytes.length * fraction));

export const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}

/** A PNG whose header claims a size that nothing follows: a decompression bomb in 33 bytes. */
export function pngHeaderClaiming({ width, height }: ImageSize): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([pngSignature, pngChunk('IHDR', header)]);
}

/** A whole PNG of the claimed size in all but its rows, of which there are only a few bytes. */
export const pngBomb = (size: ImageSize): Buffer =>
  Buffer.concat([
    pngHeaderClaiming(size),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1000))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);

/** An animated PNG to those who know the format, and its first image to all others. */
export async function animatedPng(size = small): Promise<Buffer> {
  const still = await photoPng(size);
  const endOfHeader = pngHeaderClaiming(size).length;
  const animationControl = pngChunk('acTL', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));
  return Buffer.concat([still.subarray(0, endOfHeader), animationControl, still.subarray(endOfHeader)]);
}

/** A WebP whose header claims a canvas of a size that nothing follows. */
export function webpHeaderClaiming({ width, height }: ImageSize): Buffer {
  const chunk = Buffer.alloc(18);
  chunk.write('VP8X', 'latin1');
  chunk.writeUInt32LE(10, 4);
  chunk.writeUIntLE(width - 1, 12, 3);
  chunk.writeUIntLE(height - 1, 15, 3);
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  head.writeUInt32LE(4 + chunk.length, 4);
  return Buffer.concat([head, chunk]);
}

const latin1 = (text: string): Buffer => Buffer.from(text.padEnd(64, '\0'), 'latin1');

/** Files of formats that are not accepted, by the name that the error has for them. */
export const unsupportedFiles: Readonly<Record<string, Buffer>> = {
  svg: Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
  tiff: latin1('II*\0\x08\0\0\0'),
  heic: latin1('\0\0\0\x18ftypheic\0\0\0\0'),
  mp4: latin1('\0\0\0\x18ftypmp42\0\0\0\0'),
  jxl: latin1('\xff\x0a'),
  jp2: latin1('\0\0\0\x0cjP  \r\n\x87\n'),
  bmp: latin1('BM\x46\0\0\0'),
  ico: latin1('\0\0\x01\0\x01\0'),
  psd: latin1('8BPS\0\x01'),
  pdf: latin1('%PDF-1.7'),
};

/** An image as a browser would show it. */
export interface DecodedImage extends ImageSize {
  pixelAt(x: number, y: number): readonly [red: number, green: number, blue: number, alpha: number];
}

export async function decode(bytes: Uint8Array): Promise<DecodedImage> {
  const { data, info } = await sharp(bytes)
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    pixelAt: (x, y) => {
      const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray((y * info.width + x) * 4);
      return [red, green, blue, alpha];
    },
  };
}
