import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createTransform,
  type Fit,
  type Focus,
  parameters,
  type Transform,
} from '../../src/domain/delivery/transform/transform.js';
import { DamagedOriginalError, DomainError, NotFoundError, RenderTimeoutError } from '../../src/domain/errors.js';
import { outputFormats } from '../../src/domain/images/image.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { createImageProcessor } from '../../src/pipeline/processor.js';
import { sharp } from '../../src/pipeline/sharp.js';
import {
  alphaPng,
  animatedWebp,
  busyRightPng,
  cmykJpeg,
  colorDistance,
  decode,
  deepPng,
  exifOrientations,
  exifRotatedJpeg,
  grayJpeg,
  type Pixel,
  palettePng,
  photoJpeg,
  photoPng,
  plainPng,
  quarterColors,
  quartersPng,
  taggedJpeg,
  truncated,
} from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { planFor, renderQuery, renderSource } from './render-file.js';

const processor = createImageProcessor(defaultLimits);

/** Whether two colours look the same after a lossy encoding. */
const expectColor = (pixel: Pixel, expected: Pixel, tolerance = 12): void => {
  expect(colorDistance(pixel, expected), `${pixel} is not ${expected}`).toBeLessThanOrEqual(tolerance);
};

describe("the size of a variant is the plan's", () => {
  test('for any transform of any small image', async () => {
    const side = fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 4 }));
    const orNone = fc.oneof({ weight: 5, arbitrary: side }, { weight: 1, arbitrary: fc.constant(0) });
    const transform: fc.Arbitrary<Transform> = fc
      .record({
        size: fc.record({ width: orNone, height: orNone }),
        fit: fc.constantFrom(...(Object.keys(parameters.fit.words) as Fit[])),
        dpr: fc.constantFrom(1, 1.5, 3),
        focus: fc.constantFrom<Focus[]>('center', 'attention', 'entropy', { x: 0, y: 1 }, { x: 0.9, y: 0.3 }),
        blur: fc.constantFrom(null, 2),
        background: fc.constantFrom(null, '#123', '#1238'),
        enlarge: fc.boolean(),
      })
      .map(createTransform);
    const sourceSide = fc.integer({ min: 1, max: 120 });
    const orientation = fc.constantFrom(...exifOrientations);
    await fc.assert(
      fc.asyncProperty(
        transform,
        sourceSide,
        sourceSide,
        orientation,
        fc.constantFrom(...outputFormats),
        async (...given) => {
          const [asked, width, height, turned, format] = given;
          const bytes = await exifRotatedJpeg(turned, { width, height });
          const plan = await planFor(bytes, asked, format);
          const { width: renderedWidth, height: renderedHeight } = await decode(
            await processor.render(await renderSource(bytes), plan),
          );
          expect([renderedWidth, renderedHeight]).toEqual([plan.width, plan.height]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each([
    [16_384, 1, 'size=2048x2048&enlarge=1', 2048, 2048],
    [16_384, 1, 'size=2048x2048&enlarge=1&focus=attention', 2048, 2048],
    [1, 16_384, 'size=300x200&enlarge=1&focus=1,1', 300, 200],
    [16_384, 1, 'size=0x0', 2048, 1],
    [16_384, 1, 'size=400x400&focus=entropy', 1, 1],
    [1, 1, 'size=2048x3&enlarge=1', 2048, 3],
    [1, 1, 'size=50x20&fit=contain', 50, 20],
  ])('for %i x %i with "%s"', async (sourceWidth, sourceHeight, query, width, height) => {
    const bytes = await plainPng({ width: sourceWidth, height: sourceHeight }, [1, 2, 3]);
    expect(await decode(await renderQuery(bytes, query))).toMatchObject({ width, height });
  });
});

describe('orientation', () => {
  test.each(exifOrientations)('%i of EXIF is applied before the image is cut', async (orientation) => {
    const bytes = await exifRotatedJpeg(orientation, { width: 120, height: 80 });
    const photo = await decode(await renderQuery(bytes, 'size=60x40'));
    expectColor(photo.pixelAt(5, 5), quarterColors.topLeft);
    expectColor(photo.pixelAt(54, 5), quarterColors.topRight);
    expectColor(photo.pixelAt(5, 34), quarterColors.bottomLeft);
    expectColor(photo.pixelAt(54, 34), quarterColors.bottomRight);
    const corner = await decode(await renderQuery(bytes, 'size=20x20&focus=1,0'));
    expectColor(corner.pixelAt(18, 2), quarterColors.topRight);
  });
});

describe('metadata', () => {
  test.each(outputFormats)('of any kind stays out of %s', async (format) => {
    const bytes = await taggedJpeg();
    expect(await sharp(bytes).metadata()).toMatchObject({ exif: expect.anything(), icc: expect.anything() });
    const variant = Buffer.from(await renderQuery(bytes, 'size=0x0', format));
    const metadata = await sharp(variant).metadata();
    expect(metadata).toMatchObject({ format: format === 'avif' ? 'heif' : format, hasProfile: false });
    for (const block of ['exif', 'icc', 'iptc', 'xmp', 'orientation'] as const) expect(metadata[block]).toBeUndefined();
    expect(variant.includes('private')).toBe(false);
  });

  test('of a wide gamut is converted to sRGB', async () => {
    const red = await sharp(await plainPng({ width: 8, height: 8 }, [200, 50, 50]))
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const stored = await sharp(red, { ignoreIcc: true }).raw().toBuffer();
    const photo = await decode(await renderQuery(red, 'size=0x0'));
    expect(stored[0]).not.toBe(200);
    expectColor(photo.pixelAt(4, 4), [200, 50, 50], 3);
  });
});

describe('every kind of source becomes 8-bit sRGB', () => {
  test.each([
    ['16 bits', deepPng],
    ['CMYK', cmykJpeg],
    ['gray', grayJpeg],
    ['palette', palettePng],
  ])('%s', async (_name, make) => {
    const bytes = await make();
    for (const format of outputFormats) {
      const metadata = await sharp(await renderQuery(bytes, 'size=50x50', format)).metadata();
      expect(metadata).toMatchObject({ width: 50, height: 50, depth: 'uchar', space: 'srgb' });
    }
  });
});

describe('transparency', () => {
  test.each(['png', 'webp', 'avif'] as const)('is kept in %s', async (format) => {
    const photo = await decode(await renderQuery(await alphaPng(), 'size=80x50', format));
    expect(photo.pixelAt(5, 25)[3]).toBe(0);
    expectColor(photo.pixelAt(75, 25), [255, 0, 0]);
  });

  test('does not darken the colours next to it', async () => {
    const photo = await decode(await renderQuery(await alphaPng(), 'size=33x21&fit=fill'));
    const edge = Array.from({ length: 33 }, (_, x) => photo.pixelAt(x, 10)).filter(([, , , alpha = 0]) => alpha > 20);
    for (const [red] of edge) expect(red).toBeGreaterThan(240);
  });

  test.each([
    ['', 'jpeg', [255, 255, 255]],
    ['background=00f', 'jpeg', [0, 0, 255]],
    ['background=0000ff80', 'jpeg', [127, 127, 255]],
    ['background=00f', 'webp', [0, 0, 255]],
    ['background=0000ff80', 'png', [0, 0, 255, 128]],
  ] as const)('with "%s" in %s is filled with %o', async (query, format, expected) => {
    const photo = await decode(await renderQuery(await alphaPng(), `size=80x50&${query}`, format));
    expectColor(photo.pixelAt(5, 25), expected);
    expectColor(photo.pixelAt(75, 25), [255, 0, 0]);
  });
});

describe('padding', () => {
  test.each([
    ['', 'png', [0, 0, 0, 0]],
    ['', 'jpeg', [255, 255, 255]],
    ['background=00f', 'webp', [0, 0, 255]],
    ['background=0000ff80', 'png', [0, 0, 255, 128]],
  ] as const)('with "%s" in %s is %o around an image in the middle', async (query, format, expected) => {
    const source = await plainPng({ width: 60, height: 20 }, [255, 0, 0]);
    const photo = await decode(await renderQuery(source, `size=100x100&fit=contain&${query}`, format));
    expectColor(photo.pixelAt(50, 50), [255, 0, 0]);
    for (const [x, y] of [
      [2, 2],
      [97, 97],
      [50, 30],
      [10, 50],
    ] as const)
      expectColor(photo.pixelAt(x, y), expected);
  });
});

describe('a crop', () => {
  test.each([
    [{ x: 0, y: 0 }, 'topLeft'],
    [{ x: 1, y: 0 }, 'topRight'],
    [{ x: 0.1, y: 0.9 }, 'bottomLeft'],
    [{ x: 0.9, y: 0.9 }, 'bottomRight'],
  ] as const)('keeps the part around the focal point %o', async (focalPoint, quarter) => {
    const wide = await decode(
      await renderQuery(await quartersPng({ width: 400, height: 100 }), 'size=40x40', 'png', focalPoint),
    );
    const tall = await decode(
      await renderQuery(await quartersPng({ width: 100, height: 400 }), 'size=40x40', 'png', focalPoint),
    );
    const isTop = focalPoint.y < 0.5;
    expectColor(wide.pixelAt(20, isTop ? 5 : 35), quarterColors[quarter]);
    expectColor(tall.pixelAt(focalPoint.x < 0.5 ? 5 : 35, 20), quarterColors[quarter]);
  });

  test.each(['attention', 'entropy'])('by %s finds the part with something in it', async (focus) => {
    const source = await busyRightPng({ width: 800, height: 100 });
    const [, , blue] = (await decode(await renderQuery(source, `size=50x50&focus=${focus}`))).pixelAt(45, 25);
    expect(blue).toBeGreaterThan(150);
  });

  test('that enlarges keeps the part around the focal point too', async () => {
    const source = await quartersPng({ width: 40, height: 10 });
    const photo = await decode(await renderQuery(source, 'size=100x100&enlarge=1&focus=1,0.5'));
    expectColor(photo.pixelAt(50, 10), quarterColors.topRight);
    expectColor(photo.pixelAt(50, 90), quarterColors.bottomRight);
  });
});

test('a blur softens an edge', async () => {
  const source = await quartersPng({ width: 100, height: 100 });
  const sharpEdge = await decode(await renderQuery(source, 'size=0x0'));
  const softEdge = await decode(await renderQuery(source, 'size=0x0&blur=10'));
  expectColor(sharpEdge.pixelAt(45, 10), quarterColors.topLeft, 0);
  expect(softEdge.pixelAt(45, 10)[1]).toBeGreaterThan(40);
});

test('a lower quality makes fewer bytes', async () => {
  const source = await photoPng();
  for (const format of ['jpeg', 'webp', 'avif'] as const) {
    const low = await renderQuery(source, 'size=0x0&quality=10', format);
    const high = await renderQuery(source, 'size=0x0&quality=95', format);
    expect(low.length).toBeLessThan(high.length);
  }
});

test('a PNG stays lossless', async () => {
  const source = await photoPng();
  const [before, after] = [await decode(source), await decode(await renderQuery(source, 'size=0x0&quality=1'))];
  for (let x = 0; x < before.width; x++) expect(after.pixelAt(x, 100)).toEqual(before.pixelAt(x, 100));
});

test('a file on disk is rendered like its bytes', async () => {
  const bytes = await photoJpeg();
  const path = join(await useTempFolder(), 'blob');
  await writeFile(path, bytes);
  const plan = await planFor(bytes, createTransform({}), 'webp');
  const source = await renderSource(bytes);
  expect(await processor.render({ ...source, file: { path } }, plan)).toEqual(await processor.render(source, plan));
});

describe('a background of any colour', () => {
  const red: Pixel = [255, 0, 0];
  const side = { width: 32, height: 32 };
  const grey = sharp(Buffer.alloc(32 * 32, 0x60), { raw: { ...side, channels: 1 } }).toColourspace('b-w');
  const greyWithAlpha = sharp(Buffer.alloc(32 * 32 * 2, 0x80), { raw: { ...side, channels: 2 } }).toColourspace('b-w');

  test.each([
    ['a grey PNG', () => grey.clone().png().toBuffer()],
    ['a grey JPEG', () => grey.clone().jpeg().toBuffer()],
    [
      'a grey PNG of 16 bits',
      async () =>
        sharp(await grey.clone().png().toBuffer())
          .toColourspace('grey16')
          .png()
          .toBuffer(),
    ],
    ['a grey PNG with transparency', () => greyWithAlpha.clone().png().toBuffer()],
  ])('is next to %s in every format, and the image stays grey', async (_name, make) => {
    const source = await make();
    for (const format of outputFormats) {
      const photo = await decode(await renderQuery(source, 'size=64x32&fit=contain&background=f00', format));
      expectColor(photo.pixelAt(2, 16), red, 4);
    }
    const [r, g, b] = (await decode(await renderQuery(source, 'size=20x0', 'png'))).pixelAt(10, 10);
    expect([g, b]).toEqual([r, r]);
  });

  test('shows through a grey image', async () => {
    const variant = await renderQuery(await greyWithAlpha.png().toBuffer(), 'size=32x32&background=f00', 'png');
    expectColor((await decode(variant)).pixelAt(16, 16), [191, 64, 64], 2);
  });
});

test('a PNG reveals nothing of the resolution of its source', async () => {
  const source = await sharp(await photoJpeg())
    .withMetadata({ density: 333 })
    .jpeg()
    .toBuffer();
  expect((await sharp(source).metadata()).density).toBe(333);
  const variant = Buffer.from(await renderQuery(source, 'size=20x0', 'png'));
  expect(variant.includes('pHYs')).toBe(false);
  expect(await sharp(variant).metadata()).toMatchObject({ width: 20 });
});

describe('a failure', () => {
  test("of a stored file that was cut is the server's, and names the hash", async () => {
    const bytes = await photoJpeg();
    const plan = await planFor(bytes, createTransform({}), 'webp');
    const cut = { ...(await renderSource(bytes)), file: { bytes: truncated(bytes, 0.5) } };
    const failure = await processor.render(cut, plan).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DamagedOriginalError);
    expect(failure).not.toBeInstanceOf(DomainError);
    expect(failure).toMatchObject({ sha256: cut.sha256, message: expect.stringContaining(cut.sha256) });
  });

  test('of a file that is gone is not an error of the image', async () => {
    const bytes = await photoJpeg();
    const plan = await planFor(bytes, createTransform({}), 'webp');
    const gone = { ...(await renderSource(bytes)), file: { path: '/nowhere/blob' } };
    const failure = await processor.render(gone, plan).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NotFoundError);
  });

  test('to end within the time limit is reported as that', async () => {
    const bytes = await animatedWebp({ width: 10, height: 10, frames: 11 });
    const plan = await planFor(bytes, createTransform({ size: { width: 2048, height: 2048 }, enlarge: true }), 'webp');
    const hasty = createImageProcessor({ ...defaultLimits, renderSeconds: 1 });
    // more than the product plans
    const dear = { ...plan, animated: true };
    await expect(hasty.render(await renderSource(bytes), dear)).rejects.toThrow(RenderTimeoutError);
  });
});
