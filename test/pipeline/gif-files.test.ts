import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/domain/limits.js';
import { FileCleaner } from '../../src/pipeline/clean-file.js';
import { sharp } from '../../src/pipeline/sharp.js';
import {
  gifColor,
  gifExtension,
  gifFile,
  gifFrame,
  gifLoops,
  gifPixels,
  gifTrailer,
  gifXmp,
  subBlocks,
} from '../fixtures/gif-file.js';
import { colorDistance, decode, photoPng, truncated } from '../support/sample-images.js';
import { failureOf, inspect } from './inspect-file.js';
import { renderQuery } from './render-file.js';

const size = { width: 40, height: 20 };
const still = (): Buffer => gifFile(size, gifFrame({ ...size, color: 9 }));
const animated = (): Buffer =>
  gifFile(size, gifLoops(4), ...[5, 60, 120].map((color) => gifFrame({ ...size, color, delay: 7 })));

/** With real compression, noise and 256 colours. */
const photo = async (options = {}): Promise<Buffer> =>
  sharp(await photoPng())
    .gif(options)
    .toBuffer();

describe('an accepted GIF', () => {
  test.each([
    ['of one frame', still, { ...size, frameCount: 1, hasAlpha: false }],
    ['of three frames', animated, { ...size, frameCount: 3, hasAlpha: false }],
    ['with a transparent colour', () => gifFile(size, gifFrame({ ...size, transparent: 0 })), { hasAlpha: true }],
    ['of a photo', photo, { width: 320, height: 200, frameCount: 1 }],
    ['that is interlaced', () => photo({ progressive: true }), { width: 320, height: 200 }],
    ['without an end code', () => gifFile(size, gifFrame({ ...size, data: gifPixels(800, 1, []) })), size],
    ['with more codes than pixels', () => gifFile(size, gifFrame({ ...size, data: gifPixels(2_000) })), size],
    ['in sub-blocks of one byte', () => gifFile(size, gifFrame({ ...size, blockBytes: 1 })), size],
    ['with zeros between its blocks', () => gifFile(size, Buffer.alloc(3), gifFrame(size), Buffer.alloc(2)), size],
    ['with other bytes behind it', () => Buffer.concat([still(), Buffer.from('<script>')]), size],
    [
      'whose first frame is larger than its screen',
      () => gifFile(size, gifFrame({ width: 50, height: 30 })),
      { width: 50, height: 30 },
    ],
    [
      'whose second frame is outside of it',
      () => gifFile(size, gifFrame(size), gifFrame({ ...size, left: 900 })),
      { ...size, frameCount: 2 },
    ],
  ] as const)('%s is reported with its facts', async (_name, make, expected) => {
    expect(await inspect(await make())).toMatchObject({ mimeType: 'image/gif', ...expected });
  });

  test('has a placeholder of its first frame', async () => {
    const [red, green, blue] = gifColor(5);
    const { placeholder } = await inspect(animated());
    expect(placeholder.dominantColor).toBe(`#${Buffer.from([red, green, blue]).toString('hex')}`);
  });
});

describe('a GIF that is not whole is refused', () => {
  test('wherever it is cut', async () => {
    for (const bytes of [still(), animated(), await photo()]) {
      const cuts = [0.05, 0.3, 0.5, 0.8, 0.97].map((fraction) => truncated(bytes, fraction));
      const ends = [1, 2, 3, 8].map((count) => bytes.subarray(0, bytes.length - count));
      for (const cut of [...cuts, ...ends]) expect(await failureOf(cut)).toMatchObject({ code: 'CORRUPT_IMAGE' });
    }
  });

  test.each([
    ['fewer pixels than it says', [gifFrame({ ...size, data: gifPixels(799) })], 'it ends too early'],
    ['no pixels', [gifFrame({ ...size, data: Buffer.alloc(0) })], 'it ends too early'],
    ['too few in its second frame', [gifFrame(size), gifFrame({ ...size, data: gifPixels(7) })], 'it ends too early'],
    ['a code that is not defined', [gifFrame({ ...size, data: Buffer.from([128, 1, 200]) })], 'its data is damaged'],
    ['a code that begins with nothing', [gifFrame({ ...size, data: Buffer.from([128, 130]) })], 'its data is damaged'],
    ['colours of nine bits', [gifFrame({ ...size, colorBits: 9 })], 'its data is damaged'],
    ['colours of no bits', [gifFrame({ ...size, colorBits: 0 })], 'its data is damaged'],
    ['a block that is none', [gifFrame(size), Buffer.from([9, 9])], 'its data is damaged'],
    ['a frame without width', [gifFrame({ ...size, width: 0 })], 'its header is damaged'],
    ['no frame', [gifLoops(1)], 'it has no pixels'],
  ])('with %s', async (_name, blocks, reason) => {
    expect(await failureOf(gifFile(size, ...blocks))).toMatchObject({ code: 'CORRUPT_IMAGE', reason });
  });
});

describe('a GIF that costs too much is refused by its headers', () => {
  const pixel = { width: 1, height: 1 };
  test.each([
    ['a screen of 65,535 x 65,535 pixels', () => gifFile({ width: 65_535, height: 65_535 }, gifFrame(pixel))],
    ['a side over the limit', () => gifFile({ width: 16_385, height: 1 }, gifFrame(pixel))],
    ['a first frame far outside', () => gifFile(pixel, gifFrame({ ...pixel, left: 60_000, top: 60_000 }))],
    ['2,001 frames', () => gifFile(pixel, ...Array(2_001).fill(gifFrame(pixel)))],
    [
      'more pixels in all frames together',
      () => gifFile({ width: 1_000, height: 1_000 }, ...Array(51).fill(gifFrame(pixel))),
    ],
    [
      'frames of many pixels on a small screen',
      () =>
        gifFile(
          pixel,
          gifFrame(pixel),
          ...Array(4).fill(gifFrame({ width: 16_000, height: 1_000, data: Buffer.from([128]) })),
        ),
    ],
  ] as const)('%s', async (_name, make) => {
    expect(await failureOf(make())).toMatchObject({ code: 'TOO_MANY_PIXELS', limitPixels: defaultLimits.sourcePixels });
  });

  test('a flood of blocks', async () => {
    const flood = Buffer.concat(Array(10_001).fill(gifExtension(0xfe, Buffer.from('x'))));
    expect(await failureOf(gifFile(size, flood, gifFrame(size)))).toMatchObject({
      reason: 'it has more than 10000 parts',
    });
  });

  test('as many frames as are allowed take their time, and no more', async () => {
    expect(await inspect(gifFile(pixel, ...Array(2_000).fill(gifFrame(pixel))))).toMatchObject({ frameCount: 2_000 });
  });
});

describe('what a decoder sees of a GIF', () => {
  const seen = async (bytes: Buffer) => {
    const { file } = await new FileCleaner(defaultLimits).clean({ bytes }, null);
    return 'bytes' in file ? Buffer.from(file.bytes) : expect.fail();
  };
  const application = (name: string, data: Buffer): Buffer =>
    Buffer.concat([Buffer.from([0x21, 0xff, name.length]), Buffer.from(name), subBlocks(data)]);

  test('has no comments, texts, XMP, profiles and unknown blocks', async () => {
    const frames = [gifLoops(4), gifFrame({ ...size, delay: 7 }), gifFrame({ ...size, delay: 9, color: 3 })] as const;
    const burdened = gifFile(
      size,
      gifExtension(0xfe, Buffer.from('secret comment')),
      frames[0],
      application('XMP DataXMP', Buffer.alloc(70_000, 'x')),
      gifXmp(Buffer.alloc(70_000, 'x')),
      application('ICCRGBG1012', Buffer.alloc(5_000, 'x')),
      application('NETSCAPE2.0', Buffer.alloc(5_000, 1)),
      gifExtension(0x01, Buffer.alloc(30)),
      gifExtension(0x99, Buffer.alloc(30)),
      gifExtension(0xf9, Buffer.alloc(300)),
      frames[1],
      frames[2],
    );
    expect((await seen(burdened)).equals(gifFile(size, ...frames))).toBe(true);
  });

  test('is the file itself if it has none of these', async () => {
    const bytes = animated();
    const { file } = await new FileCleaner(defaultLimits).clean({ bytes }, null);
    expect(file).toEqual({ bytes });
    expect((await seen(Buffer.concat([bytes, gifTrailer]))).subarray(0, bytes.length).equals(bytes)).toBe(true);
  });
});

describe('a variant of a GIF', () => {
  test('is an animated WebP with its frames, delays and repetitions', async () => {
    const webp = await renderQuery(animated(), 'size=20x0', 'webp');
    expect(await sharp(webp).metadata()).toMatchObject({
      width: 20,
      height: 10,
      pages: 3,
      delay: [70, 70, 70],
      loop: 5,
    });
    const { data } = await sharp(webp, { animated: true }).raw().toBuffer({ resolveWithObject: true });
    const channels = data.length / (20 * 30);
    for (const [frame, color] of [5, 60, 120].entries()) {
      const [r = 0, g = 0, b = 0] = data.subarray((frame * 10 + 5) * 20 * channels);
      expect(colorDistance([r, g, b], gifColor(color))).toBeLessThan(12);
    }
  });

  test.each(['png', 'jpeg', 'avif'] as const)('in %s is its first frame', async (format) => {
    const image = await decode(await renderQuery(animated(), 'size=20x0', format));
    expect(image).toMatchObject({ width: 20, height: 10 });
    expect(colorDistance(image.pixelAt(9, 5), gifColor(5))).toBeLessThan(12);
  });

  test('keeps what is transparent', async () => {
    const bytes = gifFile(size, gifFrame({ ...size, color: 3, transparent: 3 }));
    expect((await decode(await renderQuery(bytes, 'size=20x0', 'png'))).pixelAt(5, 5)[3]).toBe(0);
  });
});
