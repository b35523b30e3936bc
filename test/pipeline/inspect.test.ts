import { describe, expect, test } from 'vitest';
import { CorruptImageError, TooManyPixelsError, UnsupportedImageError } from '../../src/domain/errors.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { withOrientation } from '../fixtures/webp-file.js';
import {
  alphaPng,
  alphaWebp,
  animatedPng,
  animatedWebp,
  cmykJpeg,
  decode,
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
  plainPng,
  pngBomb,
  pngChunk,
  pngHeaderClaiming,
  progressiveJpeg,
  transparentPng,
  truncated,
  unsupportedFiles,
  webpHeaderClaiming,
} from '../support/sample-images.js';
import { failureOf, inspect } from './inspect-file.js';

describe('an accepted file', () => {
  const still = { width: 320, height: 200, frameCount: 1, hasAlpha: false };
  test.each([
    ['a JPEG', photoJpeg, { ...still, mimeType: 'image/jpeg' }],
    ['a progressive JPEG', progressiveJpeg, { ...still, mimeType: 'image/jpeg' }],
    ['a CMYK JPEG', cmykJpeg, { ...still, mimeType: 'image/jpeg' }],
    ['a gray JPEG', grayJpeg, { ...still, mimeType: 'image/jpeg' }],
    ['a PNG', photoPng, { ...still, mimeType: 'image/png' }],
    ['an interlaced PNG', interlacedPng, { ...still, mimeType: 'image/png' }],
    ['a PNG with a palette', palettePng, { ...still, mimeType: 'image/png' }],
    ['a PNG with 16 bits', deepPng, { ...still, mimeType: 'image/png' }],
    ['a PNG with alpha', alphaPng, { ...still, mimeType: 'image/png', hasAlpha: true }],
    ['an animated PNG as a still', animatedPng, { ...still, mimeType: 'image/png' }],
    ['a WebP', photoWebp, { ...still, mimeType: 'image/webp' }],
    ['a WebP with alpha', alphaWebp, { ...still, mimeType: 'image/webp', hasAlpha: true }],
    ['an animated WebP', () => animatedWebp({ frames: 4 }), { ...still, mimeType: 'image/webp', frameCount: 4 }],
  ] as const)('%s is reported with its facts', async (_name, make, expected) => {
    expect(await inspect(await make())).toMatchObject(expected);
  });

  test.each(exifOrientations)(
    'has the size that it is stored in when it is an animation in EXIF orientation %i',
    async (orientation) => {
      const animation = await animatedWebp({ width: 60, height: 40, frames: 3 });
      const { placeholder, ...facts } = await inspect(withOrientation(animation, orientation));
      expect(facts).toMatchObject({ width: 60, height: 40, frameCount: 3 });
      expect(placeholder).toEqual((await inspect(animation)).placeholder);
    },
  );

  test.each(exifOrientations)('has its upright size in EXIF orientation %i', async (orientation) => {
    const facts = await inspect(await exifRotatedJpeg(orientation, { width: 60, height: 40 }));
    expect(facts).toMatchObject({ width: 60, height: 40 });
  });

  test.each([
    [1, 1],
    [16_384, 1],
    [1, 16_384],
  ])('may have %i x %i pixels', async (width, height) => {
    const facts = await inspect(await plainPng({ width, height }, [10, 20, 30]));
    expect(facts).toMatchObject({ width, height, placeholder: { dominantColor: '#0a141e' } });
  });

  test.each([photoJpeg, photoPng, photoWebp])('may be followed by bytes that are not part of it (%o)', async (make) => {
    expect(await inspect(Buffer.concat([await make(), Buffer.from('trailing bytes')]))).toMatchObject(still);
  });
});

describe('the placeholder', () => {
  test('is a ThumbHash of some 25 bytes and a WebP of at most 16 pixels a side', async () => {
    const { placeholder } = await inspect(await photoJpeg({ width: 900, height: 300 }));
    expect(Buffer.from(placeholder.thumbhash, 'base64').length).toBeLessThanOrEqual(30);
    const [type, base64 = ''] = placeholder.dataUri.split(';base64,');
    expect(type).toBe('data:image/webp');
    expect(await decode(Buffer.from(base64, 'base64'))).toMatchObject({ width: 16, height: 5 });
    expect(placeholder.dataUri.length).toBeLessThan(400);
  });

  test('ignores transparent pixels for the dominant colour', async () => {
    expect((await inspect(await alphaPng())).placeholder.dominantColor).toBe('#ff0000');
    expect((await inspect(await transparentPng())).placeholder.dominantColor).toBe('#ffffff');
  });

  test('of an animation shows its first frame', async () => {
    expect((await inspect(await animatedWebp())).placeholder.dominantColor).toBe('#00ff80');
  });
});

describe('a file that is cut anywhere is refused as corrupt', () => {
  test.each([
    ['JPEG', photoJpeg],
    ['progressive JPEG', progressiveJpeg],
    ['PNG', photoPng],
    ['interlaced PNG', interlacedPng],
    ['PNG with a palette', palettePng],
    ['WebP', photoWebp],
    ['lossless WebP', losslessWebp],
    ['animated WebP', () => animatedWebp({ frames: 5 })],
  ])('%s', async (name, make) => {
    const bytes = await make();
    const cuts = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99].map((fraction) => truncated(bytes, fraction));
    // a JPEG whose last two bytes are missing, its end marker, has all of its pixels
    const counts = name.endsWith('JPEG') ? [3, 4, 8, 12, 13, 20] : [1, 2, 4, 8, 12, 13, 20];
    const lastBytes = counts.map((count) => bytes.subarray(0, bytes.length - count));
    for (const cut of [...cuts, ...lastBytes]) {
      const error = await failureOf(cut);
      expect(error, `${cut.length} of ${bytes.length} bytes`).toBeInstanceOf(CorruptImageError);
    }
  });

  test('also where the decoder shrinks while it loads', async () => {
    const bytes = await photoJpeg({ width: 2400, height: 1800 });
    for (const cut of [truncated(bytes, 0.5), truncated(bytes, 0.999), bytes.subarray(0, -3)]) {
      expect(await failureOf(cut)).toBeInstanceOf(CorruptImageError);
    }
  });
});

test('the end of an embedded thumbnail is not taken for the end of a JPEG', async () => {
  const bytes = await photoJpeg({ width: 2400, height: 1800 });
  const segment = Buffer.from([0xff, 0xff, 0xe9, 0, 6, 0xff, 0xd9, 0xff, 0xd9]);
  const withThumbnail = Buffer.concat([bytes.subarray(0, 2), segment, bytes.subarray(2)]);
  expect(await inspect(withThumbnail)).toMatchObject({ width: 2400 });
  expect(await inspect(withThumbnail.subarray(0, -2))).toMatchObject({ width: 2400 });
  expect(await failureOf(withThumbnail.subarray(0, -3))).toBeInstanceOf(CorruptImageError);
});

describe('a damaged file', () => {
  test('is refused in words without paths or names of libraries', async () => {
    const png = await photoPng();
    const bytes = Buffer.from(png);
    bytes.fill(0x55, 50_000, 50_050);
    const broken = [
      bytes,
      truncated(png, 0.5),
      pngHeaderClaiming({ width: 10, height: 10 }),
      truncated(await photoJpeg(), 0.02),
    ];
    for (const file of broken) {
      const { message } = await failureOf(file);
      expect(message).toMatch(
        /^The image cannot be decoded: it[ \w]+\. Send the whole file again, or export it again\.$/,
      );
      expect(message).not.toMatch(/vips|libpng|libspng|\//i);
    }
  });

  test.each([
    ['JPEG', photoJpeg, 2, [0xff, 0xe1, 0, 2]],
    ['PNG', photoPng, 33, [0, 0, 0, 0, ...Buffer.from('tEXt'), 0, 0, 0, 0]],
  ] as const)('is refused when it floods the decoder with empty parts: %s', async (_name, make, offset, part) => {
    const bytes = await make();
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from(part)));
    const error = await failureOf(Buffer.concat([bytes.subarray(0, offset), flood, bytes.subarray(offset)]));
    expect(error).toMatchObject({ code: 'CORRUPT_IMAGE', reason: 'it has more than 10000 parts' });
  });

  test('is refused when its header claims no pixels at all', async () => {
    expect(await failureOf(pngBomb({ width: 0, height: 10 }))).toBeInstanceOf(CorruptImageError);
  });
});

describe('an image with too many pixels is refused before it is decoded', () => {
  test.each([
    ['a header and nothing else', pngHeaderClaiming({ width: 50_001, height: 50_001 })],
    ['a PNG bomb', pngBomb({ width: 50_001, height: 50_001 })],
    ['a PNG bomb within the side limit', pngBomb({ width: 16_384, height: 16_384 })],
    ['the largest size a PNG can claim', pngBomb({ width: 0x7fffffff, height: 0x7fffffff })],
    ['a side over the limit', pngBomb({ width: 16_385, height: 1 })],
  ])('%s', async (_name, bytes) => {
    const error = await failureOf(bytes);
    expect(error).toBeInstanceOf(TooManyPixelsError);
    expect(error).toMatchObject({ limitPixels: defaultLimits.sourcePixels, limitSide: defaultLimits.sourceSide });
  });

  test.each([photoJpeg, photoPng, photoWebp])('%o over a lower limit', async (make) => {
    const bytes = await make();
    expect(await failureOf(bytes, { ...defaultLimits, sourcePixels: 63_999 })).toBeInstanceOf(TooManyPixelsError);
    expect(await inspect(bytes, { ...defaultLimits, sourcePixels: 64_000 })).toMatchObject({ width: 320 });
  });

  test('all frames count together', async () => {
    const bytes = await animatedWebp({ width: 100, height: 100, frames: 4 });
    const error = await failureOf(bytes, { ...defaultLimits, sourcePixels: 39_999 });
    expect(error).toBeInstanceOf(TooManyPixelsError);
    expect(error.message).toContain('100 x 100 pixels in 4 frames');
    expect(await inspect(bytes, { ...defaultLimits, sourcePixels: 40_000 })).toMatchObject({ frameCount: 4 });
  });

  test('a WebP header that claims 16,777,216 pixels a side', async () => {
    const error = await failureOf(webpHeaderClaiming({ width: 2 ** 24, height: 2 ** 24 }));
    expect([TooManyPixelsError, CorruptImageError]).toContain(error.constructor);
  });
});

describe('a file of another format', () => {
  test("Apple's variant of PNG is refused by its name, and not by pixels that its first chunk does not have", async () => {
    const png = await photoPng();
    const appleChunk = pngChunk('CgBI', Buffer.from([0x50, 0, 0x20, 2]));
    const error = await failureOf(Buffer.concat([png.subarray(0, 8), appleChunk, png.subarray(8)]));
    expect(error).toBeInstanceOf(UnsupportedImageError);
    expect(error).toMatchObject({
      detected: 'CgBI PNG',
      message: 'The file is a CgBI PNG. JPEG, PNG, WebP, AVIF and GIF are accepted.',
    });
  });

  test('a PNG that does not begin with its header is corrupt', async () => {
    const png = await photoPng();
    const text = pngChunk('tEXt', Buffer.from('Comment\0\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1'));
    const error = await failureOf(Buffer.concat([png.subarray(0, 8), text, png.subarray(8)]));
    expect(error).toMatchObject({ code: 'CORRUPT_IMAGE', reason: 'its header is damaged' });
  });

  test.each(Object.entries(unsupportedFiles))('%s is refused by its name', async (format, bytes) => {
    const error = await failureOf(bytes);
    expect(error).toBeInstanceOf(UnsupportedImageError);
    expect(error).toMatchObject({ detected: format });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from([0xff])],
    ['zeros', Buffer.alloc(5000)],
    ['text', Buffer.from('hello, world')],
    ['HTML with an SVG in it', Buffer.from('<html><svg></svg></html>')],
  ])('%s is refused without a name', async (_name, bytes) => {
    expect(await failureOf(bytes)).toMatchObject({ code: 'UNSUPPORTED_IMAGE', detected: null });
  });

  test.each([
    ['JPEG', [0xff, 0xd8, 0xff, 0xe0]],
    ['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
    ['WebP', [...Buffer.from('RIFF\x04\0\0\0WEBP')]],
  ])('the first bytes of a %s alone make it corrupt, not unsupported', async (_name, bytes) => {
    expect(await failureOf(Buffer.from(bytes))).toBeInstanceOf(CorruptImageError);
  });
});

test('a missing file is not an error of the image', async () => {
  await expect(createImageProcessor(defaultLimits).inspect('/nowhere/upload')).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
