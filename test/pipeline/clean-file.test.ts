import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Sha256 } from '../../src/domain/images/image.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { type CleanFile, FileCleaner } from '../../src/pipeline/clean-file.js';
import { sharp } from '../../src/pipeline/sharp.js';
import { type Burden, extendedWebp, jpegBurdens, pngBurdens, webpBurdens } from '../fixtures/burdens.js';
import { jpegSegment } from '../fixtures/jpeg-file.js';
import { withOrientation } from '../fixtures/webp-file.js';
import {
  alphaPng,
  alphaWebp,
  animatedPng,
  animatedWebp,
  cmykJpeg,
  deepPng,
  exifOrientations,
  exifRotatedJpeg,
  grayJpeg,
  interlacedPng,
  losslessWebp,
  palettePng,
  photoJpeg,
  photoPng,
  photoWebp,
  pngChunk,
  progressiveJpeg,
  taggedJpeg,
} from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';

const size = { width: 64, height: 40 };
const clean = (bytes: Uint8Array): Promise<CleanFile> => new FileCleaner(defaultLimits).clean({ bytes }, null);

/** What a decoder gets to see. */
const seenOf = async (bytes: Uint8Array): Promise<Buffer> => {
  const { file } = await clean(bytes);
  return 'bytes' in file ? Buffer.from(file.bytes) : Buffer.alloc(0);
};
const pixelsOf = (bytes: Buffer): Promise<Buffer> => sharp(bytes, { animated: true }).autoOrient().raw().toBuffer();

const inserted = (bytes: Buffer, offset: number, ...parts: Buffer[]): Buffer =>
  Buffer.concat([bytes.subarray(0, offset), ...parts, bytes.subarray(offset)]);

describe('nothing but pixels, colours and orientation reaches a decoder', () => {
  const formats: readonly (readonly [string, () => Promise<Buffer>, readonly Burden[]])[] = [
    ['png', () => photoPng(size), pngBurdens],
    ['jpeg', () => photoJpeg(size), jpegBurdens],
    ['webp', async () => extendedWebp(await photoWebp(size), size), webpBurdens],
  ];
  for (const [format, make, burdens] of formats) {
    test.each(burdens)(`${format}: %s`, async (_trait, add) => {
      const plain = await make();
      const burdened = add(plain);
      const before = Buffer.from(burdened);
      expect((await seenOf(burdened)).equals(plain)).toBe(true);
      // the bytes of the store are not touched
      expect(burdened.equals(before)).toBe(true);
    });
  }

  test('private words of EXIF and XMP are not in what it sees', async () => {
    const tagged = await taggedJpeg(size);
    expect(tagged.includes('private')).toBe(true);
    const seen = await seenOf(tagged);
    expect(seen.includes('private')).toBe(false);
    const { icc, exif, xmp } = await sharp(seen).metadata();
    expect(icc).toEqual((await sharp(tagged).metadata()).icc);
    expect([exif, xmp]).toEqual([undefined, undefined]);
  });

  test('a comment between the scans of a progressive JPEG is removed too', async () => {
    const plain = await progressiveJpeg(size);
    const secondScan = plain.indexOf(Buffer.from([0xff, 0xda]), plain.indexOf(Buffer.from([0xff, 0xda])) + 2);
    const burdened = inserted(plain, secondScan, jpegSegment(0xfe, Buffer.alloc(60_000)));
    expect((await seenOf(burdened)).equals(plain)).toBe(true);
  });
});

test('thousands of removed parts that follow each other are one', async () => {
  const [, add] = pngBurdens.find(([trait]) => trait === '7,500 unknown chunks') ?? [];
  const plain = await photoPng(size);
  const burdened = add?.(plain) ?? plain;
  const { edits } = (await clean(burdened)).container;
  expect(edits).toHaveLength(1);
  expect((edits[0]?.end ?? 0) - (edits[0]?.start ?? 0)).toBe(burdened.length - plain.length);
});

test('a file that is known to be clean is opened by the decoder itself, any other small one is handed over in memory', async () => {
  const folder = await useTempFolder();
  const cleaner = new FileCleaner(defaultLimits);
  const store = async (name: string, bytes: Buffer): Promise<{ path: string }> => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return { path };
  };
  const plain = await photoJpeg(size);
  const file = await store('clean', plain);
  expect((await cleaner.clean(file, 'a' as Sha256)).file).toEqual({ bytes: plain });
  // by what is known of the hash
  expect((await cleaner.clean(file, 'a' as Sha256)).file).toBe(file);
  const tagged = await store('tagged', inserted(plain, 2, jpegSegment(0xfe, Buffer.from('words'))));
  for (const _round of [1, 2]) expect((await cleaner.clean(tagged, 'b' as Sha256)).file).toEqual({ bytes: plain });
});

test.each([
  ['jpeg', photoJpeg],
  ['progressive jpeg', progressiveJpeg],
  ['cmyk jpeg', cmykJpeg],
  ['gray jpeg', grayJpeg],
  ['tagged jpeg', taggedJpeg],
  ['png', photoPng],
  ['interlaced png', interlacedPng],
  ['palette png', palettePng],
  ['16-bit png', deepPng],
  ['png with alpha', alphaPng],
  ['animated png', animatedPng],
  ['webp', photoWebp],
  ['lossless webp', losslessWebp],
  ['webp with alpha', alphaWebp],
  ['animated webp', animatedWebp],
])('the pixels of a %s stay as they are', async (_name, make) => {
  const bytes = await make(size);
  expect((await pixelsOf(await seenOf(bytes))).equals(await pixelsOf(bytes))).toBe(true);
});

describe('an orientation is kept', () => {
  test.each(exifOrientations)('%i', async (orientation) => {
    const jpeg = await exifRotatedJpeg(orientation, size);
    const webp = withOrientation(extendedWebp(await photoWebp(size), size), orientation);
    const png = await sharp(await photoPng(size))
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    for (const bytes of [jpeg, webp, png]) {
      expect((await sharp(bytes).metadata()).orientation).toBe(orientation);
      const seen = await seenOf(bytes);
      expect((await sharp(seen).metadata()).orientation ?? 1).toBe(orientation);
      expect((await pixelsOf(seen)).equals(await pixelsOf(bytes))).toBe(true);
    }
  });
});

describe('the colour chunks of a PNG', () => {
  const float = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
    return bytes;
  };
  const profileChunk = (profile: Buffer): Buffer =>
    pngChunk('iCCP', Buffer.concat([Buffer.from('p\0\0', 'latin1'), deflateSync(profile)]));
  const chromaticities = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];

  test('are read, and kept but for a profile that is none', async () => {
    const png = await photoPng(size);
    const chunks = [
      pngChunk('gAMA', float(45_455)),
      pngChunk('cHRM', float(...chromaticities)),
      pngChunk('sRGB', Buffer.from([1])),
      pngChunk('cICP', Buffer.from([9, 16, 0, 1])),
      profileChunk(Buffer.alloc(3_000, 7)),
    ];
    const colored = inserted(png, 33, ...chunks);
    const { container, file } = await clean(colored);
    expect(container.pngColor).toEqual({
      bitDepth: 8,
      colorType: 2,
      profile: Buffer.alloc(3_000, 7),
      gamma: 45_455,
      chromaticities,
      srgbIntent: 1,
      codePoints: { primaries: 9, transfer: 16, matrix: 0, fullRange: true },
    });
    expect(file).toEqual({ bytes: inserted(png, 33, ...chunks.slice(0, -1)) });
  });

  test('have no profile that inflates to more than the limit', async () => {
    const png = await photoPng(size);
    const limit = defaultLimits.profileBytes;
    const fitting = await clean(inserted(png, 33, profileChunk(Buffer.alloc(limit))));
    expect(fitting.container.pngColor?.profile).toHaveLength(limit);
    expect((await clean(inserted(png, 33, profileChunk(Buffer.alloc(limit + 1))))).container.pngColor?.profile).toBe(
      null,
    );
  });
});

test('while a crafted file is read from memory, other work has a turn for each window', async () => {
  const windows = 12;
  const dense = Buffer.alloc(windows * 256 * 1024, Buffer.from([0xff, 0]));
  const jpeg = await photoJpeg(size);
  const bytes = Buffer.concat([jpeg.subarray(0, -2), dense, jpeg.subarray(-2)]);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await clean(bytes);
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(windows);
});

describe('a file on the disk gives what its bytes give, and stays as it is, if it is', () => {
  const comments = Array.from({ length: 70 }, () => jpegSegment(0xfe, Buffer.alloc(65_000, 'comment')));
  const noise = (): Promise<Buffer> =>
    sharp({ create: { width: 2_000, height: 1_600, channels: 3, background: '#888', noise: noiseOptions } })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
  const noiseOptions = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const wholeBytes = 4 * 1024 * 1024;
  test.each<readonly [trait: string, isLarge: boolean, make: () => Promise<Buffer>]>([
    ['small and clean', false, () => photoJpeg(size)],
    ['small, with comments', false, async () => inserted(await photoJpeg(size), 2, ...comments.slice(0, 2))],
    ['large and clean', true, noise],
    ['large, with comments', true, async () => inserted(await photoJpeg(size), 2, ...comments)],
  ])('%s', async (_trait, isLarge, make) => {
    const bytes = await make();
    expect(bytes.length > wholeBytes).toBe(isLarge);
    const path = join(await useTempFolder(), 'image');
    await writeFile(path, bytes);
    const { file, container } = await new FileCleaner(defaultLimits).clean({ path }, null);
    const seen = 'path' in file ? await readFile(file.path) : Buffer.from(file.bytes);
    expect(container).toEqual((await clean(bytes)).container);
    expect(seen.equals(await seenOf(bytes))).toBe(true);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });
});
