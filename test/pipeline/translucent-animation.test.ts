import { describe, expect, test } from 'vitest';
import { sharp } from '../../src/pipeline/sharp.js';
import { colorDistance, type ImageSize, type Pixel } from '../support/sample-images.js';
import { renderQuery } from './render-file.js';

const translucent: Pixel = [128, 64, 192, 128];
const other: Pixel = [30, 200, 90, 128];

/** An animation whose frames are of one translucent colour each. */
const animation = async (size: ImageSize, colors: readonly Pixel[] = [translucent, other]): Promise<Buffer> => {
  const frames = colors.map((color) => Buffer.alloc(size.width * size.height * 4, Buffer.from(color.map(Number))));
  const raw = { ...size, height: size.height * colors.length, channels: 4 as const, pageHeight: size.height };
  return sharp(Buffer.concat(frames), { raw })
    .webp({ lossless: true, exact: true, delay: [50, 70] })
    .toBuffer();
};

/** The frames of an animation as straight RGBA, decoded without any step of the pipeline. */
async function framesOf(
  bytes: Uint8Array,
): Promise<{ width: number; at: (frame: number, x: number, y: number) => Pixel }> {
  const { data, info } = await sharp(bytes, { animated: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, pageHeight = info.height } = info;
  return {
    width,
    at: (frame, x, y) => {
      const [r = 0, g = 0, b = 0, a = 0] = data.subarray(4 * ((frame * pageHeight + y) * width + x));
      return [r, g, b, a];
    },
  };
}

/**
 * Porter and Duff, source over destination: alpha = as + ad (1 - as), colour = (cs as + cd ad (1 - as)) / alpha, with as = 128 / 255.
 * Over #00ff00: (128, 64, 192) 0.50196 + (0, 255, 0) 0.49804. Over #00ff0080: alpha 0.75195, and each colour divided by it.
 */
const overGreen: readonly Pixel[] = [
  [64, 159, 96, 255],
  [15, 227, 45, 255],
];
const overTranslucentGreen: readonly Pixel[] = [
  [85, 128, 128, 192],
  [20, 218, 60, 192],
];

describe('a translucent animation keeps its colours', () => {
  test.each([
    ['as it is', 'size=0x0'],
    ['scaled', 'size=30x20'],
    ['cropped', 'size=24x24'],
    ['padded', 'size=60x60&fit=contain'],
    ['pressed', 'size=60x10&fit=fill'],
    ['made higher', 'size=60x80&fit=fill&enlarge=1'],
    ['enlarged', 'size=120x80&enlarge=1'],
    ['enlarged and cropped', 'size=100x100&enlarge=1'],
    ['enlarged and padded', 'size=120x120&fit=contain&enlarge=1'],
    ['blurred a little', 'size=0x0&blur=0.5'],
    ['blurred', 'size=0x0&blur=1.5'],
    ['blurred much', 'size=60x40&fit=fill&blur=8'],
    ['enlarged and blurred', 'size=120x80&enlarge=1&blur=3'],
  ])('%s', async (_name, query) => {
    const source = await animation({ width: 60, height: 40 });
    for (const [background, expected] of [
      ['', [translucent, other]],
      ['&background=0f0', overGreen],
      ['&background=00ff0080', overTranslucentGreen],
    ] as const) {
      const variant = await renderQuery(source, `${query}${background}&quality=100`, 'webp');
      const { height = 0, width = 0, pages } = await sharp(variant).metadata();
      expect(pages).toBe(2);
      const frames = await framesOf(variant);
      for (const [frame, color] of expected.entries()) {
        const pixel = frames.at(frame, Math.floor(width / 2), Math.floor(height / 2));
        expect(colorDistance(pixel, color), `${query}${background}: ${pixel} is not ${color}`).toBeLessThanOrEqual(4);
      }
    }
  });

  test('and so do its transparent parts: nothing of them shows where they meet the rest', async () => {
    const side = 40;
    const rows = Buffer.alloc(2 * side * side * 4);
    for (let index = 0; index < 2 * side * side; index++) {
      const isLeft = index % side < side / 2;
      rows.set(isLeft ? [0, 255, 0, 0] : index < side * side ? [200, 0, 0, 255] : [0, 0, 200, 255], 4 * index);
    }
    const raw = { width: side, height: 2 * side, channels: 4 as const, pageHeight: side };
    const source = await sharp(rows, { raw }).webp({ lossless: true, exact: true }).toBuffer();
    for (const query of ['size=80x80&enlarge=1', 'size=40x40&blur=2', 'size=40x40&blur=6']) {
      const frames = await framesOf(await renderQuery(source, `${query}&quality=100`, 'webp'));
      const half = frames.width / 2;
      for (let x = half - 3; x < half + 3; x++) {
        const [red, green, , alpha = 0] = frames.at(0, x, half);
        if (alpha < 60) continue;
        expect(green, query).toBeLessThanOrEqual(8);
        expect(red, query).toBeGreaterThanOrEqual(180);
      }
    }
  });
});

test('an animation on a transparent canvas says in its header that it is translucent, whatever its size', async () => {
  const colors: readonly Pixel[] = [
    [128, 64, 192],
    [30, 200, 90],
  ].map(([r = 0, g = 0, b = 0]) => [r, g, b, 255]);
  for (let width = 8; width <= 60; width += 4) {
    for (let height = 8; height <= 60; height += 4) {
      if (width === height) continue;
      const source = await animation({ width, height }, colors);
      const variant = Buffer.from(await renderQuery(source, 'size=60x60&fit=contain', 'webp'));
      expect(variant.toString('latin1', 12, 16)).toBe('VP8X');
      expect((variant[20] ?? 0) & 0x10, `${width} x ${height}`).toBe(0x10);
      const frames = await framesOf(variant);
      const corner = frames.at(1, width > height ? 30 : 0, width > height ? 0 : 30);
      expect(corner[3], `${width} x ${height}`).toBe(0);
    }
  }
});
