import { describe, expect, test } from 'vitest';
import { sharp } from '../../src/pipeline/sharp.js';
import { withOrientation } from '../fixtures/webp-file.js';
import {
  animatedWebp,
  colorDistance,
  type DecodedImage,
  decode,
  exifOrientations,
  frameColor,
  type ImageSize,
} from '../support/sample-images.js';
import { renderQuery } from './render-file.js';

const frames = 3;
const source = (size?: ImageSize): Promise<Buffer> => animatedWebp({ frames, delayMs: 120, loops: 2, ...size });

/** The frames of a WebP, each as an image of its own. */
const framesOf = async (bytes: Uint8Array): Promise<DecodedImage[]> => {
  const { pages = 1 } = await sharp(bytes).metadata();
  const photos = Array.from({ length: pages }, (_, page) => sharp(bytes, { page }).png().toBuffer());
  return Promise.all((await Promise.all(photos)).map(decode));
};

/** A WebP animation whose first frame is shown for as long as the format has bits for, which sharp does not write. */
const withFirstFrameShown = (ms: number, webp: Buffer): Buffer => {
  const changed = Buffer.from(webp);
  // an ANMF chunk: its name and length, 12 bytes of place and size, 3 bytes of duration
  changed.writeUIntLE(ms, changed.indexOf('ANMF', 'latin1') + 8 + 12, 3);
  return changed;
};

describe('an animation in WebP', () => {
  test.each([
    ['scaled', 'size=80x0', 80, 50],
    ['cropped', 'size=64x64', 64, 64],
    ['cropped by attention', 'size=64x64&focus=attention', 64, 64],
    ['cropped by entropy', 'size=64x30&focus=entropy', 64, 30],
    ['cropped to a point', 'size=64x64&focus=0,1', 64, 64],
    ['padded', 'size=64x64&fit=contain', 64, 64],
    ['padded with a colour', 'size=64x64&fit=contain&background=f00', 64, 64],
    ['padded with a translucent colour', 'size=64x64&fit=contain&background=f008', 64, 64],
    ['blurred', 'size=64x64&blur=5', 64, 64],
    ['enlarged and cropped', 'size=500x500&enlarge=1', 500, 500],
  ])('keeps frames, times and loops when it is %s', async (_name, query, width, height) => {
    const variant = await renderQuery(await source(), query, 'webp');
    expect(await sharp(variant).metadata()).toMatchObject({
      width,
      height,
      pages: frames,
      delay: [120, 120, 120],
      loop: 2,
    });
    for (const [index, frame] of (await framesOf(variant)).entries()) {
      expect(frame).toMatchObject({ width, height });
      expect(colorDistance(frame.pixelAt(width / 2, height / 2), frameColor(index))).toBeLessThanOrEqual(12);
    }
  });

  const hourMs = 3_600_000;

  test('shows a frame as long as the source does, an hour if need be', async () => {
    const variant = await renderQuery(withFirstFrameShown(hourMs, await source()), 'size=80x0', 'webp');
    expect((await sharp(variant).metadata()).delay).toEqual([hourMs, 120, 120]);
  });

  test('shows a frame for 65 seconds at most when it is blurred', async () => {
    const variant = await renderQuery(withFirstFrameShown(hourMs, await source()), 'size=80x0&blur=5', 'webp');
    expect((await sharp(variant).metadata()).delay).toEqual([65_535, 120, 120]);
  });

  test.each([
    ['enlarged', 'size=600x400&enlarge=1', 0],
    ['enlarged and cropped', 'size=500x500&enlarge=1', 0],
    // the codec mixes the colour of the canvas into the first rows behind it
    ['enlarged and padded', 'size=500x600&fit=contain&enlarge=1&background=0f0', 136],
    ['made higher', 'size=58x200&fit=fill&enlarge=1', 0],
  ])('does not bleed from frame to frame when it is %s', async (_name, query, top) => {
    const variant = await renderQuery(await source({ width: 60, height: 40 }), `${query}&quality=100`, 'webp');
    const { height = 0, width = 0 } = await sharp(variant).metadata();
    for (const [index, frame] of (await framesOf(variant)).entries()) {
      for (const row of [top, height - 1 - top]) {
        expect(colorDistance(frame.pixelAt(width / 2, row), frameColor(index))).toBeLessThanOrEqual(6);
      }
    }
  });

  test.each(exifOrientations)('is played as it is stored with the EXIF orientation %i', async (orientation) => {
    const turned = withOrientation(await source({ width: 60, height: 40 }), orientation);
    expect((await sharp(turned).metadata()).orientation).toBe(orientation);
    for (const query of ['size=0x0', 'size=30x0', 'size=20x20&focus=attention', 'size=90x0&enlarge=1']) {
      const frames = await framesOf(await renderQuery(turned, query, 'webp'));
      for (const [index, frame] of frames.entries()) {
        expect(colorDistance(frame.pixelAt(10, 10), frameColor(index))).toBeLessThanOrEqual(12);
      }
    }
    for (const format of ['webp', 'png'] as const) {
      expect(await sharp(await renderQuery(turned, 'size=30x0', format)).metadata()).toMatchObject({
        width: 30,
        height: 20,
      });
    }
  });

  test('does not bleed from frame to frame when it is blurred', async () => {
    const variant = await renderQuery(await source(), 'size=64x64&blur=20', 'webp');
    for (const frame of await framesOf(variant)) {
      expect(colorDistance(frame.pixelAt(32, 0), frame.pixelAt(32, 32))).toBeLessThanOrEqual(6);
    }
  });
});

test.each(['jpeg', 'png', 'avif'] as const)('an animation in %s is its first frame', async (format) => {
  const variant = await renderQuery(await source(), 'size=64x64', format);
  expect((await sharp(variant).metadata()).pages ?? 1).toBe(1);
  expect(colorDistance((await decode(variant)).pixelAt(32, 32), frameColor(0))).toBeLessThanOrEqual(12);
});
