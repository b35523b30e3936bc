import { describe, expect, test } from 'vitest';
import { type OutputFormat, outputFormats } from '../../src/domain/images/image.js';
import { sharp } from '../../src/pipeline/sharp.js';
import { avifFile, box, codedItem } from '../fixtures/avif-file.js';
import { flatPng } from '../fixtures/flat-png.js';
import { iccProfiles, profileChunk } from '../fixtures/icc-file.js';
import { jpegSegment } from '../fixtures/jpeg-file.js';
import { riffChunk, webpFile } from '../fixtures/webp-file.js';
import { animatedWebp, colorDistance, decode, type Pixel, plainPng, pngChunk } from '../support/sample-images.js';
import { renderQuery } from './render-file.js';

type Triple = readonly [number, number, number];

const srgbValue = (light: number): number => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);

/** The columns of XYZ (D50) of each space, as their makers publish them. */
const adobeToXyz: readonly Triple[] = [
  [0.60974, 0.20528, 0.14919],
  [0.31111, 0.62567, 0.06322],
  [0.01947, 0.06087, 0.74457],
];
const p3ToXyz: readonly Triple[] = [
  [0.51512, 0.29198, 0.1571],
  [0.2412, 0.69225, 0.06657],
  [-0.00105, 0.04189, 0.78407],
];

const multiply = (matrix: readonly Triple[], vector: Triple): number[] =>
  matrix.map((row) => row.reduce((sum, value, index) => sum + value * (vector[index] ?? 0), 0));

const determinant = ([[a, b, c], [d, e, f], [g, h, i]]: readonly [Triple, Triple, Triple]): number =>
  a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);

/** By Cramer's rule. */
function solve(matrix: readonly Triple[], [x = 0, y = 0, z = 0]: readonly number[]): number[] {
  const [first, second, third] = matrix as [Triple, Triple, Triple];
  const whole = determinant([first, second, third]);
  return [0, 1, 2].map((column) => {
    const replaced = ([row, value]: readonly [Triple, number]): Triple =>
      row.map((entry, index) => (index === column ? value : entry)) as unknown as Triple;
    return determinant([replaced([first, x]), replaced([second, y]), replaced([third, z])]) / whole;
  });
}

/** What a colour of Adobe RGB is in Display P3, in double precision. */
const adobeInP3 = (color: Triple): Pixel => {
  const light = color.map((value) => (value / 255) ** 2.19921875) as unknown as Triple;
  const values = solve(p3ToXyz, multiply(adobeToXyz, light));
  return values.map((value) => 255 * srgbValue(Math.max(0, Math.min(1, value)))) as unknown as Pixel;
};

const size = { width: 64, height: 64 };
const png = (color: readonly number[], profile: Buffer, depth: 8 | 16 = 8): Buffer =>
  flatPng({
    kind: color.length === 4 ? 'rgba' : 'rgb',
    depth,
    samples: depth === 16 ? color.map((value) => 257 * value) : color,
    chunks: [profileChunk(profile)],
  });

/** The pixels of a variant as they are stored, with what is attached to them. */
async function stored(variant: Uint8Array, x = 3, y = 2) {
  const image = sharp(variant, { ignoreIcc: true });
  const { icc, hasProfile } = await image.metadata();
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = 4 * (y * info.width + x);
  return { profileBytes: icc?.length ?? 0, hasProfile, pixel: [...data.subarray(at, at + 4)] as unknown as Pixel };
}

async function expectStored(source: Buffer, expected: Pixel, formats: readonly OutputFormat[] = outputFormats) {
  for (const format of formats) {
    const { pixel, profileBytes } = await stored(await renderQuery(source, 'size=12x9&color=p3&quality=100', format));
    expect(profileBytes).toBeGreaterThan(0);
    expect(profileBytes).toBeLessThan(1_000);
    expect(colorDistance(pixel, expected), `${format}: ${pixel} is not ${expected}`).toBeLessThanOrEqual(5);
  }
}

describe('color=p3 keeps the colours of', () => {
  test.each([
    [255, 0, 0],
    [0, 255, 0],
    [30, 90, 250],
    [255, 255, 255],
  ])('Display P3 in every format and depth: %i, %i, %i', async (...color) => {
    await expectStored(png(color, iccProfiles.p3), color);
    await expectStored(png(color, iccProfiles.p3, 16), color, ['png']);
  });

  test.each([
    [0, 255, 0],
    [200, 60, 20],
  ])('Adobe RGB: %i, %i, %i', async (...color) => {
    await expectStored(png(color, iccProfiles.adobe), adobeInP3(color));
  });

  test('JPEG, WebP and AVIF, and a PNG that describes them by code points', async () => {
    const color = [240, 30, 20] as const;
    const flat = sharp(await plainPng(size, color));
    const jpeg = await flat.clone().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const segment = jpegSegment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), iccProfiles.p3]));
    await expectStored(Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]), color, ['jpeg']);
    const webp = await flat.clone().webp({ lossless: true }).toBuffer();
    const canvas = Buffer.from([0x20, 0, 0, 0, 63, 0, 0, 63, 0, 0]);
    const chunks = [riffChunk('VP8X', canvas), riffChunk('ICCP', iccProfiles.p3), webp.subarray(webp.indexOf('VP8L'))];
    await expectStored(webpFile(...chunks), color, ['webp']);
    for (const bitdepth of [8, 10] as const) {
      const avif = await flat.clone().avif({ quality: 100, bitdepth, chromaSubsampling: '4:4:4' }).toBuffer();
      const profile = box('colr', Buffer.from('prof'), iccProfiles.p3);
      await expectStored(avifFile([codedItem(avif, size, profile)]), color, ['avif']);
    }
    const cicp = flatPng({
      kind: 'rgb',
      depth: 8,
      samples: color,
      chunks: [pngChunk('cICP', Buffer.from([12, 13, 0, 1]))],
    });
    await expectStored(cicp, color, ['png']);
  });

  test('what is translucent', async () => {
    await expectStored(png([255, 0, 0, 128], iccProfiles.p3), [255, 0, 0, 128], ['png', 'webp', 'avif']);
  });
});

describe('color=p3 changes nothing for', () => {
  const queries = ['size=12x9', 'size=20x10&fit=contain&background=336699'];
  test.each([
    ['sRGB with a profile', () => png([255, 0, 0], iccProfiles.srgb)],
    ['no profile', () => plainPng(size, [255, 0, 0])],
    ['grey', () => flatPng({ kind: 'grey', depth: 8, samples: [99], chunks: [profileChunk(iccProfiles.grey22)] })],
    ['a broken profile', () => png([255, 0, 0], iccProfiles.p3.subarray(0, 300))],
    [
      'CMYK',
      async () =>
        sharp(await plainPng(size, [255, 0, 0]))
          .toColourspace('cmyk')
          .jpeg()
          .toBuffer(),
    ],
  ] as const)('%s', async (_name, make) => {
    const source = await make();
    for (const query of queries) {
      const [plain, wide] = [await renderQuery(source, query), await renderQuery(source, `${query}&color=p3`)];
      expect(Buffer.from(wide).equals(plain)).toBe(true);
      expect(await stored(wide)).toMatchObject({ hasProfile: false });
    }
  });

  test('an animation', async () => {
    const source = await animatedWebp(size);
    const wide = await renderQuery(source, 'size=12x9&color=p3', 'webp');
    expect(Buffer.from(wide).equals(await renderQuery(source, 'size=12x9', 'webp'))).toBe(true);
  });
});

test('without it the same source is sRGB without a profile', async () => {
  for (const format of outputFormats) {
    const { pixel, hasProfile } = await stored(
      await renderQuery(png([0, 255, 0], iccProfiles.p3), 'size=12x9&quality=100', format),
    );
    expect(hasProfile).toBe(false);
    expect(colorDistance(pixel, [0, 255, 0])).toBeLessThanOrEqual(3);
  }
  // a colour that both have differs in its values
  const shared = await stored(await renderQuery(png([200, 100, 100], iccProfiles.p3), 'size=12x9'));
  expect(shared.pixel[0]).toBeGreaterThan(210);
});

describe('a background in Display P3', () => {
  const background: Pixel = [255, 128, 64];
  test.each(['', '&blur=4', '&fit=contain&focus=center'])('looks as it does in sRGB (%s)', async (more) => {
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const query = `size=40x12&enlarge=1&fit=contain&background=ff8040&quality=100&color=p3${more.replace('&fit=contain', '')}`;
      const variant = await renderQuery(png([0, 255, 0], iccProfiles.p3), query, format);
      // decoded by its profile
      expect(colorDistance((await decode(variant)).pixelAt(0, 5), background)).toBeLessThanOrEqual(4);
    }
  });

  test('is seen through what is translucent', async () => {
    const variant = await renderQuery(png([255, 0, 0, 0], iccProfiles.p3), 'size=12x9&background=ff8040&color=p3');
    expect(colorDistance((await decode(variant)).pixelAt(3, 3), background)).toBeLessThanOrEqual(2);
    const half = await renderQuery(png([255, 0, 0, 0], iccProfiles.p3), 'size=12x9&background=ff804080&color=p3');
    expect(
      colorDistance((await decode(half)).pixelAt(3, 3), [...background.slice(0, 3), 128] as never),
    ).toBeLessThanOrEqual(2);
  });
});
