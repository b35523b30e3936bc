import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type OutputFormat, outputFormats } from '../../src/domain/images/image.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { sharp } from '../../src/pipeline/sharp.js';
import { flatPng, type PngKind } from '../fixtures/flat-png.js';
import { iccProfiles, profileChunk } from '../fixtures/icc-file.js';
import { colorDistance, decode, type Pixel, pngChunk } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { renderQuery } from './render-file.js';

/*
 * Expected colours are calculated, not rendered: stored value to light by the curve, light to XYZ (D50) by the primaries, to linear
 * sRGB, clipped, to values by IEC 61966-2-1, in double precision.
 */

const uint32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
};
const gAMA = (value: number): Buffer => pngChunk('gAMA', uint32(value));
const cHRM = (...values: readonly number[]): Buffer => pngChunk('cHRM', uint32(...values));
const cICP = (...values: readonly number[]): Buffer => pngChunk('cICP', Buffer.from(values));
const sRGB = pngChunk('sRGB', Buffer.from([0]));

const srgbPrimaries = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000] as const;
const p3Primaries = [31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000] as const;
const adobePrimaries = [31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000] as const;

const isGrey = (kind: PngKind): boolean => kind === 'grey' || kind === 'greyAlpha';
const hasAlpha = (kind: PngKind): boolean => kind === 'greyAlpha' || kind === 'rgba';

function png(kind: PngKind, depth: 8 | 16, color: readonly number[], chunks: readonly Buffer[], alpha = 255): Buffer {
  const samples = [...(isGrey(kind) ? color.slice(0, 1) : color), ...(hasAlpha(kind) ? [alpha] : [])];
  return flatPng({ kind, depth, samples: depth === 16 ? samples.map((sample) => 257 * sample) : samples, chunks });
}

async function expectColors(
  source: Buffer,
  expected: Pixel,
  formats: readonly OutputFormat[] = outputFormats,
): Promise<void> {
  for (const format of formats) {
    for (const query of ['size=0x0&quality=100', 'size=7x5&quality=100']) {
      const variant = await renderQuery(source, query, format);
      expect(await sharp(variant).metadata()).toMatchObject({ hasProfile: false, depth: 'uchar' });
      const pixel = (await decode(variant)).pixelAt(3, 2);
      expect(colorDistance(pixel, expected), `${format} ${query}: ${pixel} is not ${expected}`).toBeLessThanOrEqual(3);
    }
  }
}

async function dominantColorOf(source: Buffer): Promise<Pixel> {
  const path = join(await useTempFolder(), 'upload');
  await writeFile(path, source);
  const { dominantColor } = (await createImageProcessor(defaultLimits).inspect(path)).placeholder;
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(dominantColor.slice(at, at + 2), 16));
  return [r, g, b];
}

type Case = readonly [profile: string, chunks: readonly Buffer[], stored: readonly number[], expected: Pixel];

const rgbCases: readonly Case[] = [
  ['no profile', [], [200, 100, 100], [200, 100, 100]],
  ['sRGB', [profileChunk(iccProfiles.srgb)], [200, 100, 100], [200, 100, 100]],
  ['sRGB, full red', [profileChunk(iccProfiles.srgb)], [255, 0, 0], [255, 0, 0]],
  ['Display P3', [profileChunk(iccProfiles.p3)], [200, 100, 100], [215, 93, 97]],
  ['Display P3, blue', [profileChunk(iccProfiles.p3)], [40, 90, 160], [10, 91, 165]],
  ['Adobe RGB', [profileChunk(iccProfiles.adobe)], [200, 100, 100], [227, 100, 100]],
  ['Adobe RGB, blue', [profileChunk(iccProfiles.adobe)], [40, 90, 160], [0, 90, 164]],
  ['linear sRGB', [profileChunk(iccProfiles.linear)], [200, 100, 100], [229, 168, 168]],
];
const greyCases: readonly Case[] = [
  ['no profile', [], [100], [100, 100, 100]],
  ['gamma 1.0', [profileChunk(iccProfiles.grey10)], [100], [168, 168, 168]],
  ['gamma 2.2', [profileChunk(iccProfiles.grey22)], [100], [100, 100, 100]],
  ['gamma 2.2, dark', [profileChunk(iccProfiles.grey22)], [30], [24, 24, 24]],
];

describe('what a colour is does not depend on its depth, its channels or alpha', () => {
  const kinds = [
    ...(['rgb', 'rgba'] as const).flatMap((kind) =>
      ([8, 16] as const).map((depth) => [kind, depth, rgbCases] as const),
    ),
    ...(['grey', 'greyAlpha'] as const).flatMap((kind) =>
      ([8, 16] as const).map((depth) => [kind, depth, greyCases] as const),
    ),
    ['palette', 8, rgbCases] as const,
  ];
  const matrix = kinds.flatMap(([kind, depth, cases]) =>
    cases.map(([profile, ...rest]) => [`${kind} of ${depth} bits with ${profile}`, kind, depth, ...rest] as const),
  );

  test.each(matrix)('%s', async (_name, kind, depth, chunks, stored, expected) => {
    const source = png(kind, depth, stored, chunks);
    await expectColors(source, expected);
    expect(colorDistance(await dominantColorOf(source), expected)).toBeLessThanOrEqual(3);
  });

  test.each([
    ['rgba', 8],
    ['rgba', 16],
  ] as const)('translucent %s of %d bits', async (kind, depth) => {
    const source = png(kind, depth, [200, 100, 100], [profileChunk(iccProfiles.p3)], 128);
    await expectColors(source, [215, 93, 97, 128], ['png', 'webp', 'avif']);
    // over white: 0.502 of the colour and 0.498 of 255
    await expectColors(source, [235, 174, 176], ['jpeg']);
  });

  test.each([8, 16] as const)('translucent grey of %d bits', async (depth) => {
    const source = png('greyAlpha', depth, [100], [profileChunk(iccProfiles.grey10)], 128);
    await expectColors(source, [168, 168, 168, 128], ['png', 'webp', 'avif']);
  });

  // light = stored / 65535: 300 is 0.004578, which is 14.5 in sRGB; in 8 bits it would be 1 / 255, and 13
  test.each([
    [100, 5],
    [300, 14.5],
    [1000, 33],
  ])('a dark linear value of 16 bits, %d, is not rounded to 8 before it is converted', async (stored, value) => {
    const samples = [stored, stored, stored];
    const color: Pixel = [value, value, value];
    const chunks = [profileChunk(iccProfiles.linear)];
    await expectColors(flatPng({ kind: 'rgb', depth: 16, samples, chunks }), color, ['png']);
    const grey = [profileChunk(iccProfiles.grey10)];
    await expectColors(flatPng({ kind: 'grey', depth: 16, samples: [stored], chunks: grey }), color, ['png']);
    await expectColors(flatPng({ kind: 'rgb', depth: 16, samples, chunks: [gAMA(100_000)] }), color, ['png']);
    await expectColors(flatPng({ kind: 'grey', depth: 16, samples: [stored], chunks: [gAMA(100_000)] }), color, [
      'png',
    ]);
  });

  test.each([
    ['rgb', 8],
    ['rgb', 16],
    ['grey', 8],
    ['grey', 16],
    ['greyAlpha', 16],
  ] as const)('and a background is sRGB, next to %s of %d bits', async (kind, depth) => {
    const icc = isGrey(kind) ? iccProfiles.grey10 : iccProfiles.linear;
    const source = png(kind, depth, [100, 100, 100], [profileChunk(icc)]);
    for (const [background, expected] of [
      ['0080ff', [0, 128, 255, 255]],
      ['0080ff80', [0, 128, 255, 128]],
    ] as const) {
      for (const query of ['', '&blur=0.5']) {
        const photo = await decode(
          await renderQuery(source, `size=60x24&fit=contain&background=${background}${query}`, 'png'),
        );
        expect(colorDistance(photo.pixelAt(3, 12), expected)).toBeLessThanOrEqual(2);
        expect(colorDistance(photo.pixelAt(30, 12), [168, 168, 168])).toBeLessThanOrEqual(2);
      }
    }
  });
});

describe('a PNG means the colours that its chunks say', () => {
  const wrong = profileChunk(iccProfiles.adobe);
  const cases: readonly Case[] = [
    ['gAMA of 1', [gAMA(100_000)], [200, 100, 100], [229, 168, 168]],
    ['gAMA of 1/1.8', [gAMA(55_556)], [200, 100, 100], [210, 119, 119]],
    ['gAMA of 1/2.2', [gAMA(45_455)], [200, 100, 100], [200, 100, 100]],
    ['gAMA of 0, which says nothing', [gAMA(0)], [200, 100, 100], [200, 100, 100]],
    ['gAMA that no display has', [gAMA(1)], [200, 100, 100], [200, 100, 100]],
    ['gAMA and cHRM of sRGB', [gAMA(45_455), cHRM(...srgbPrimaries)], [200, 100, 100], [200, 100, 100]],
    ['gAMA of 1 and cHRM of sRGB', [gAMA(100_000), cHRM(...srgbPrimaries)], [200, 100, 100], [229, 168, 168]],
    ['gAMA and cHRM of P3', [gAMA(45_455), cHRM(...p3Primaries)], [200, 100, 100], [216, 93, 97]],
    ['gAMA of 1 and cHRM of P3', [gAMA(100_000), cHRM(...p3Primaries)], [100, 60, 60], [175, 131, 132]],
    ['gAMA and cHRM of Adobe RGB', [cHRM(...adobePrimaries), gAMA(45_455)], [200, 100, 100], [227, 100, 100]],
    ['cHRM of Adobe RGB alone', [cHRM(...adobePrimaries)], [200, 100, 100], [226, 100, 100]],
    [
      // ProPhoto: its white is D50, its curve 1.8
      'cHRM with another white',
      [gAMA(55_556), cHRM(34_570, 35_850, 73_470, 26_530, 15_960, 84_040, 3_660, 10)],
      [120, 110, 90],
      [153, 127, 105],
    ],
    ['cHRM of no triangle', [cHRM(31_270, 32_900, 1, 1, 1, 1, 1, 1)], [200, 100, 100], [200, 100, 100]],
    ['cHRM of zeros and gAMA', [cHRM(0, 0, 0, 0, 0, 0, 0, 0), gAMA(100_000)], [200, 100, 100], [229, 168, 168]],
    ['cICP of P3', [cICP(12, 13, 0, 1)], [200, 100, 100], [215, 93, 97]],
    ['cICP of sRGB', [cICP(1, 13, 0, 1)], [200, 100, 100], [200, 100, 100]],
    ['cICP of BT.709', [cICP(1, 1, 0, 1)], [200, 100, 100], [206, 114, 114]],
    ['cICP of BT.2020', [cICP(9, 14, 0, 1)], [120, 100, 90], [144, 111, 103]],
    ['cICP of linear light', [cICP(1, 8, 0, 1)], [200, 100, 100], [229, 168, 168]],
    ['sRGB', [sRGB], [200, 100, 100], [200, 100, 100]],
    ['cICP before all others', [cICP(12, 13, 0, 1), wrong, gAMA(100_000)], [200, 100, 100], [215, 93, 97]],
    ['cICP of sRGB before a profile', [cICP(1, 13, 0, 1), wrong], [200, 100, 100], [200, 100, 100]],
    ['cICP of HDR, which leaves it to the others', [cICP(9, 16, 0, 1), wrong], [200, 100, 100], [227, 100, 100]],
    ['cICP of HDR alone', [cICP(9, 16, 0, 1)], [200, 100, 100], [200, 100, 100]],
    ['cICP with a matrix, which PNG forbids', [cICP(12, 13, 1, 1)], [200, 100, 100], [200, 100, 100]],
    ['a profile before sRGB', [wrong, sRGB], [200, 100, 100], [227, 100, 100]],
    ['a profile behind sRGB', [sRGB, wrong], [200, 100, 100], [227, 100, 100]],
    ['a profile before gAMA and cHRM', [wrong, gAMA(100_000), cHRM(...p3Primaries)], [200, 100, 100], [227, 100, 100]],
    ['sRGB before gAMA and cHRM', [sRGB, gAMA(100_000), cHRM(...p3Primaries)], [200, 100, 100], [200, 100, 100]],
    [
      'a profile of grey in colours',
      [profileChunk(iccProfiles.grey10), gAMA(55_556)],
      [200, 100, 100],
      [210, 119, 119],
    ],
    ['a profile without content', [profileChunk(Buffer.alloc(200))], [200, 100, 100], [200, 100, 100]],
  ];

  test.each(cases)('%s', async (_name, chunks, stored, expected) => {
    for (const kind of ['rgb', 'rgba', 'palette'] as const) {
      for (const depth of kind === 'palette' ? ([8] as const) : ([8, 16] as const)) {
        await expectColors(png(kind, depth, stored, chunks), expected, ['png', 'jpeg']);
      }
    }
    const source = png('rgb', 16, stored, chunks);
    expect(colorDistance(await dominantColorOf(source), expected)).toBeLessThanOrEqual(3);
  });

  test.each([
    ['gAMA of 1', [gAMA(100_000)], 100, 168],
    ['gAMA of 1/1.8', [gAMA(55_556)], 100, 119],
    ['gAMA of 1/4', [gAMA(25_000)], 200, 165],
    ['cHRM, which grey has no use for', [cHRM(...p3Primaries)], 100, 100],
    ['cICP of P3, whose curve is sRGB', [cICP(12, 13, 0, 1)], 100, 100],
    ['cICP of linear light', [cICP(12, 8, 0, 1)], 100, 168],
    ['a profile of colours in grey', [profileChunk(iccProfiles.linear)], 100, 100],
  ] as const)('in grey: %s', async (_name, chunks, stored, value) => {
    for (const kind of ['grey', 'greyAlpha'] as const) {
      for (const depth of [8, 16] as const) {
        await expectColors(png(kind, depth, [stored], chunks), [value, value, value], ['png', 'jpeg']);
      }
    }
  });

  test('and its transparent colour stays transparent', async () => {
    for (const depth of [8, 16] as const) {
      const stored = depth === 16 ? [51_400, 25_700, 25_700] : [200, 100, 100];
      const tRNS = Buffer.alloc(6);
      for (const [index, sample] of stored.entries()) tRNS.writeUInt16BE(sample, 2 * index);
      const chunks = [gAMA(100_000), pngChunk('tRNS', tRNS)];
      const photo = await decode(
        await renderQuery(flatPng({ kind: 'rgb', depth, samples: stored, chunks }), 'size=0x0'),
      );
      expect(photo.pixelAt(3, 3)[3]).toBe(0);
    }
  });
});

describe('JPEG and WebP with a profile', () => {
  const size = { width: 24, height: 24 };
  const flat = (channels: 1 | 3 | 4, color: readonly number[]) =>
    sharp(Buffer.alloc(24 * 24 * channels, Buffer.from(color)), { raw: { ...size, channels } });

  /** ICC.1, annex B.4, and the WebP container. */
  const jpegWith = (jpeg: Buffer, icc: Buffer): Buffer => {
    const data = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), icc]);
    const head = Buffer.from([0xff, 0xe2, 0, 0]);
    head.writeUInt16BE(2 + data.length, 2);
    return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)]);
  };
  const webpWith = (webp: Buffer, icc: Buffer, alpha: boolean): Buffer => {
    const chunk = (type: string, data: Buffer): Buffer => {
      const head = Buffer.alloc(8);
      head.write(type);
      head.writeUInt32LE(data.length, 4);
      return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
    };
    const canvas = Buffer.from([alpha ? 0x30 : 0x20, 0, 0, 0, 23, 0, 0, 23, 0, 0]);
    const pixels = webp.subarray(webp.indexOf('VP8L'));
    return chunk('RIFF', Buffer.concat([Buffer.from('WEBP'), chunk('VP8X', canvas), chunk('ICCP', icc), pixels]));
  };

  test.each([
    ['srgb', [200, 100, 100]],
    ['p3', [215, 93, 97]],
    ['adobe', [227, 100, 100]],
    ['linear', [229, 168, 168]],
  ] as const)('of %s', async (name, expected) => {
    const jpeg = await flat(3, [200, 100, 100]).jpeg({ quality: 100 }).toBuffer();
    await expectColors(jpegWith(jpeg, iccProfiles[name]), expected);
    const webp = await flat(3, [200, 100, 100]).webp({ lossless: true }).toBuffer();
    await expectColors(webpWith(webp, iccProfiles[name], false), expected);
    const translucent = await flat(4, [200, 100, 100, 128]).webp({ lossless: true }).toBuffer();
    await expectColors(webpWith(translucent, iccProfiles[name], true), [...expected, 128], ['png', 'webp', 'avif']);
  });

  test('of grey', async () => {
    const jpeg = await flat(1, [100]).toColourspace('b-w').jpeg({ quality: 100 }).toBuffer();
    await expectColors(jpegWith(jpeg, iccProfiles.grey10), [168, 168, 168]);
    await expectColors(jpegWith(jpeg, iccProfiles.p3), [100, 100, 100]);
    await expectColors(jpeg, [100, 100, 100]);
  });

  // the colours before they were separated into inks, which lose some of them both ways: the tolerance is wider
  test.each([
    [255, 255, 255],
    [128, 128, 128],
    [200, 100, 100],
  ])('of CMYK: %i, %i, %i', async (...color) => {
    const cmyk = flat(3, color).withIccProfile('cmyk');
    const withProfile = await cmyk.jpeg({ quality: 100 }).toBuffer();
    expect(await sharp(withProfile).metadata()).toMatchObject({ space: 'cmyk', hasProfile: true });
    const withoutProfile = await flat(3, color)
      .withIccProfile('cmyk', { attach: false })
      .jpeg({ quality: 100 })
      .toBuffer();
    expect(await sharp(withoutProfile).metadata()).toMatchObject({ space: 'cmyk', hasProfile: false });
    for (const source of [withProfile, withoutProfile]) {
      for (const format of outputFormats) {
        const pixel = (await decode(await renderQuery(source, 'size=0x0&quality=100', format))).pixelAt(3, 2);
        expect(colorDistance(pixel, color), `${format}: ${pixel}`).toBeLessThanOrEqual(18);
      }
    }
  });
});
