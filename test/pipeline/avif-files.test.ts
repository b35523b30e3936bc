import { beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/domain/limits.js';
import { FileCleaner } from '../../src/pipeline/clean-file.js';
import { sharp } from '../../src/pipeline/sharp.js';
import {
  type AvifItem,
  type AvifTraits,
  avifFile,
  box,
  boxIn,
  codedItem,
  exifItem,
  fullBox,
  gridItem,
  sizeProperty,
  uint,
  xmpItem,
} from '../fixtures/avif-file.js';
import {
  alphaPng,
  colorDistance,
  decode,
  plainPng,
  quarterColors,
  quartersPng,
  truncated,
} from '../support/sample-images.js';
import { failureOf, inspect } from './inspect-file.js';
import { renderQuery } from './render-file.js';

const seenOf = async (bytes: Buffer): Promise<Buffer> => {
  const { file } = await new FileCleaner(defaultLimits).clean({ bytes }, null);
  return 'bytes' in file ? Buffer.from(file.bytes) : expect.fail();
};
const pixelsOf = (bytes: Buffer): Promise<Buffer> => sharp(bytes).raw().toBuffer();

const size = { width: 64, height: 96 };
const options = { effort: 1, quality: 90 };
/** Quarters of four colours. */
let quarters: Buffer;
let item: AvifItem;
beforeAll(async () => {
  quarters = await sharp(await quartersPng(size))
    .avif(options)
    .toBuffer();
  item = codedItem(quarters, size);
});

const ofItem = (more: Partial<AvifItem>, traits: AvifTraits = {}): Buffer => avifFile([{ ...item, ...more }], traits);
const withProperties = (...more: readonly Buffer[]): Buffer =>
  ofItem({ properties: [...(item.properties ?? []), ...more] });
/** An orientation of 6, and a text. */
const exif = (): AvifItem =>
  exifItem(Buffer.concat([Buffer.from('4d4d002a000000080001011200030000000100060000', 'hex'), Buffer.from('secret')]));

describe('an accepted AVIF', () => {
  test.each([
    ['of the codec', () => quarters, { ...size, hasAlpha: false }],
    [
      'with alpha',
      async () =>
        sharp(await alphaPng(size))
          .avif(options)
          .toBuffer(),
      { ...size, hasAlpha: true },
    ],
    [
      'of ten bits',
      async () =>
        sharp(await quartersPng(size))
          .avif({ ...options, bitdepth: 10 })
          .toBuffer(),
      size,
    ],
    [
      'of twelve bits',
      async () =>
        sharp(await quartersPng(size))
          .avif({ ...options, bitdepth: 12 })
          .toBuffer(),
      size,
    ],
    [
      'without loss',
      async () =>
        sharp(await quartersPng(size))
          .avif({ effort: 1, lossless: true })
          .toBuffer(),
      size,
    ],
    [
      'of 4:2:0',
      async () =>
        sharp(await quartersPng(size))
          .avif({ ...options, chromaSubsampling: '4:2:0' })
          .toBuffer(),
      size,
    ],
    [
      'of one pixel',
      async () =>
        sharp(await plainPng({ width: 1, height: 1 }, [9, 9, 9]))
          .avif()
          .toBuffer(),
      { width: 1, height: 1 },
    ],
    ['by another writer', () => ofItem({}), size],
    ['whose data is in its description', () => ofItem({ inside: true }), size],
  ] as const)('%s is reported with its facts, and seen as it is', async (_name, make, expected) => {
    const bytes = Buffer.from(await make());
    expect(await inspect(bytes)).toMatchObject({ mimeType: 'image/avif', frameCount: 1, ...expected });
    expect((await pixelsOf(await seenOf(bytes))).equals(await pixelsOf(bytes))).toBe(true);
  });

  test('is known by any of its brands', async () => {
    const brands = Buffer.from(ofItem({}));
    brands.write('mif1', 8, 'latin1');
    expect(await inspect(brands)).toMatchObject(size);
    brands.write('miafheic', 16, 'latin1');
    brands.write('mif1', 24, 'latin1');
    expect(await failureOf(brands)).toMatchObject({ code: 'UNSUPPORTED_IMAGE', detected: 'heif' });
  });

  test('is turned and mirrored as its properties say, once, and not by its EXIF', async () => {
    for (const angle of [0, 1, 2, 3]) {
      for (const mirror of [null, 0, 1]) {
        const turned = [box('irot', uint(1, angle)), ...(mirror === null ? [] : [box('imir', uint(1, mirror))])];
        const bytes = avifFile([{ ...item, properties: [...(item.properties ?? []), ...turned] }, exif()]);
        const upright = angle % 2 === 0 ? size : { width: size.height, height: size.width };
        expect(await inspect(bytes)).toMatchObject(upright);
        const expected = await decode(await sharp(bytes).png().toBuffer());
        const shown = await decode(await renderQuery(bytes, 'size=0x0'));
        expect(shown).toMatchObject(upright);
        for (const [x, y] of [
          [5, 5],
          [50, 5],
          [5, 50],
          [50, 50],
        ] as const) {
          expect(colorDistance(shown.pixelAt(x, y), expected.pixelAt(x, y))).toBe(0);
        }
      }
    }
    // anticlockwise, by 90 degrees
    const once = await decode(await renderQuery(withProperties(box('irot', uint(1, 1))), 'size=0x0'));
    expect(colorDistance(once.pixelAt(5, 5), quarterColors.topRight)).toBeLessThan(12);
    // of properties that are repeated, the first counts
    const many = Array.from({ length: 200 }, () => box('irot', uint(1, 1)));
    expect((await seenOf(withProperties(...many))).lastIndexOf('irot')).toBe(
      (await seenOf(withProperties(...many.slice(0, 1)))).lastIndexOf('irot') +
        many.slice(1).reduce((sum, { length }) => sum + length + 2, 0),
    );
  });

  test('of tiles is one image', async () => {
    const whole = { width: 120, height: 180 };
    const tiles = Array.from({ length: 4 }, () => item);
    const bytes = avifFile([gridItem(whole, 2, 2, [2, 3, 4, 5]), ...tiles]);
    expect(await inspect(bytes)).toMatchObject(whole);
    expect((await pixelsOf(await seenOf(bytes))).equals(await pixelsOf(bytes))).toBe(true);
  });

  test('that moves is its still image', async () => {
    const moving = ofItem({}, { brand: 'avis', top: [box('moov', Buffer.alloc(500, 'x'))] });
    expect(await inspect(moving)).toMatchObject({ ...size, frameCount: 1 });
    expect((await seenOf(moving)).includes('moov')).toBe(false);
    const video = Buffer.concat([moving.subarray(0, 28), box('moov', Buffer.alloc(500))]);
    expect(await failureOf(video)).toMatchObject({ code: 'UNSUPPORTED_IMAGE', detected: 'AVIF video' });
  });
});

describe('the colours of an AVIF', () => {
  const red = async (make: (bytes: Buffer) => Buffer, bitdepth: 8 | 10 = 8): Promise<readonly number[]> => {
    const avif = await sharp(await plainPng(size, [200, 40, 40]))
      .avif({ ...options, bitdepth })
      .toBuffer();
    return (await decode(await renderQuery(make(avif), 'size=0x0'))).pixelAt(9, 9);
  };
  const nclx = (primaries: number, transfer: number): Buffer =>
    box('colr', Buffer.from('nclx'), uint(2, primaries, transfer, 6), uint(1, 0x80));
  const coded =
    (...colors: readonly Buffer[]) =>
    (avif: Buffer) =>
      avifFile([codedItem(avif, size, ...colors)]);
  const p3Red = [218, 0, 26, 255];

  test('are those of its profile or code points, in every depth, the profile first', async () => {
    const { icc = Buffer.alloc(0) } = await sharp(
      await sharp(await plainPng(size, [1, 2, 3]))
        .withIccProfile('p3')
        .png()
        .toBuffer(),
    ).metadata();
    const profile = box('colr', Buffer.from('prof'), icc);
    for (const depth of [8, 10] as const) {
      expect(colorDistance((await red(coded(), depth)) as never, [200, 40, 40, 255])).toBeLessThan(8);
      for (const colors of [[profile], [nclx(12, 13)], [nclx(1, 13), profile]]) {
        expect(colorDistance((await red(coded(...colors), depth)) as never, p3Red as never)).toBeLessThan(10);
      }
    }
  });

  test('are sRGB if they are not known, of HDR, or broken', async () => {
    for (const color of [
      nclx(1, 1),
      nclx(2, 2),
      nclx(9, 16),
      nclx(77, 13),
      box('colr', Buffer.from('prof'), Buffer.alloc(200)),
    ]) {
      expect(colorDistance((await red(coded(color))) as never, [200, 40, 40, 255])).toBeLessThan(8);
    }
  });
});

describe('an AVIF that is not whole is refused', () => {
  test('wherever it is cut', async () => {
    const alpha = await sharp(await alphaPng(size))
      .avif(options)
      .toBuffer();
    for (const bytes of [quarters, alpha, ofItem({})]) {
      const cuts = [0.1, 0.3, 0.5, 0.8, 0.97].map((fraction) => truncated(bytes, fraction));
      const ends = [1, 2, 8, 20].map((count) => bytes.subarray(0, bytes.length - count));
      for (const cut of [...cuts, ...ends]) {
        expect(await failureOf(cut), `${cut.length} of ${bytes.length}`).toMatchObject({ code: 'CORRUPT_IMAGE' });
      }
    }
  });

  test.each([
    ['its data is said to be longer than the file', () => ofItem({}, { excess: 1 })],
    ['its data is said to be longer than the description', () => ofItem({ inside: true }, { excess: 1 })],
    [
      'its tiles are fewer than it says',
      () => avifFile([gridItem({ width: 120, height: 180 }, 2, 2, [2, 3, 4]), item, item, item]),
    ],
    ['its tiles are one', () => avifFile([gridItem({ width: 120, height: 180 }, 2, 2, [2, 2, 2, 2]), item])],
    [
      'its tiles are smaller than it',
      () => avifFile([gridItem({ width: 200, height: 180 }, 2, 2, [2, 3, 4, 5]), item, item, item, item]),
    ],
    ['a tile is a grid', () => avifFile([gridItem(size, 1, 1, [1])])],
    ['it has no image', () => avifFile([exif()])],
    ['it has no size', () => ofItem({ properties: item.properties?.slice(0, 1) ?? [] })],
    ['it has no data', () => ofItem({ data: Buffer.alloc(0) })],
  ])('%s', async (_name, make) => {
    expect((await failureOf(make())).code).toMatch(/^(CORRUPT|UNSUPPORTED)_IMAGE$/);
  });
});

describe('an AVIF that costs too much is refused before it is decoded', () => {
  const claiming = (width: number, height: number): Buffer =>
    ofItem({ properties: [boxIn(quarters, 'av1C'), sizeProperty({ width, height })] });

  test.each([
    ['60,000 x 60,000 pixels', () => claiming(60_000, 60_000)],
    ['the largest numbers', () => claiming(0xffffffff, 0xffffffff)],
    ['more than its own limit', () => claiming(5_001, 5_000)],
    ['a grid of more', () => avifFile([gridItem({ width: 6_400, height: 9_600 }, 2, 2, [2, 2, 2, 2]), item])],
  ] as const)('%s', async (_name, make) => {
    expect(await failureOf(make())).toMatchObject({ code: 'TOO_MANY_PIXELS', limitPixels: 25_000_000 });
  });

  test('what its data says is what its header says, so that it cannot be larger', async () => {
    expect(await failureOf(claiming(65, 96))).toMatchObject({ reason: 'its header is damaged' });
    expect(await failureOf(claiming(1, 1))).toMatchObject({ reason: 'its header is damaged' });
  });

  test.each([
    ['an image of many frames', () => ofItem({ data: Buffer.concat(Array(5).fill(item.data)) }), 'its data is damaged'],
    [
      'one of layers that a decoder has to know',
      () => ofItem({ properties: [...(item.properties ?? []), box('lsel', uint(2, 0))], essential: 3 }),
      undefined,
    ],
    [
      'more tiles than the limit',
      () => avifFile([gridItem({ width: 64 * 17, height: 96 * 17 }, 17, 17, Array(289).fill(2)), item]),
      'it has more than 256 tiles',
    ],
    [
      'tiles of a few pixels',
      async () => {
        const tiny = { width: 32, height: 32 };
        const tile = codedItem(
          await sharp(await plainPng(tiny, [1, 2, 3]))
            .avif(options)
            .toBuffer(),
          tiny,
        );
        return avifFile([gridItem({ width: 64, height: 32 }, 1, 2, [2, 3]), tile, tile]);
      },
      'its header is damaged',
    ],
    ['thousands of extents', () => ofItem({}, { extents: 11_000 }), 'it has more than 10000 parts'],
    ['hundreds of extents of the same bytes', () => ofItem({}, { extents: 900 }), 'its header is damaged'],
    ['thousands of boxes', () => ofItem({}, { top: Array(10_001).fill(box('free')) }), 'it has more than 10000 parts'],
    ['a box of no length', () => ofItem({}, { top: [uint(4, 4)] }), undefined],
  ] as const)('%s', async (_name, make, reason) => {
    expect(await failureOf(await make())).toMatchObject(reason ? { code: 'CORRUPT_IMAGE', reason } : {});
  });

  test('another codec than AV1 does not reach the decoder', async () => {
    expect(await failureOf(ofItem({ type: 'hvc1' }))).toMatchObject({ code: 'UNSUPPORTED_IMAGE', detected: 'heif' });
    expect(await failureOf(ofItem({ type: 'unci' }))).toMatchObject({ code: 'UNSUPPORTED_IMAGE', detected: 'heif' });
  });
});

test('what a decoder sees of an AVIF has no EXIF, XMP, thumbnails, other boxes and deep nesting', async () => {
  let nested = box('free');
  for (let depth = 0; depth < 2_000; depth += 1) nested = box('dinf', nested);
  const bytes = avifFile(
    [item, exif(), xmpItem('<x:xmpmeta>secret</x:xmpmeta>'), { ...item, references: [['thmb', 1]] }],
    { top: [box('uuid', Buffer.alloc(16), Buffer.from('secret'))], meta: [nested, fullBox('grpl', 0)] },
  );
  const seen = await seenOf(bytes);
  // of the boxes of the file, the decoder reads its type and the one description
  const types: string[] = [];
  for (let at = 0; at < seen.length; at += seen.readUInt32BE(at)) types.push(seen.toString('latin1', at + 4, at + 8));
  expect(types).toEqual(['ftyp', 'free', 'free', 'free', 'meta']);
  const description = seen.subarray(seen.lastIndexOf('meta'));
  for (const word of ['Exif', 'mime', 'thmb', 'dinf', 'cdsc', 'grpl']) expect(description.includes(word)).toBe(false);
  expect((await sharp(seen).metadata()).exif).toBeUndefined();
  expect((await pixelsOf(seen)).equals(await pixelsOf(quarters))).toBe(true);
});
