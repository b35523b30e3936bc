import { describe, expect, test } from 'vitest';
import { defaultTransform } from '../../src/domain/delivery/transform/transform.js';
import { sharp } from '../../src/pipeline/sharp.js';
import { photoJpeg } from '../support/sample-images.js';
import { planFor, renderQuery } from './render-file.js';

const width = 150;
const height = 110;

/** Beyond its edges an image goes on as its outermost pixels. */
const clamp = (value: number, length: number): number => Math.max(0, Math.min(length - 1, value));

/** The Gaussian itself: weights of exp(-d^2 / 2 sigma^2) out to 6 sigma, first along the rows, then along the columns. */
function exactBlur(values: readonly number[], sigma: number): Float64Array {
  const reach = Math.ceil(6 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-((at - reach) ** 2) / (2 * sigma * sigma)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const along = (input: ArrayLike<number>, indexAt: (x: number, y: number, offset: number) => number): Float64Array => {
    const output = new Float64Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let at = 0; at < weights.length; at++) sum += (weights[at] ?? 0) * (input[indexAt(x, y, at - reach)] ?? 0);
        output[y * width + x] = sum / total;
      }
    }
    return output;
  };
  const rows = along(values, (x, y, offset) => y * width + clamp(x + offset, width));
  return along(rows, (x, y, offset) => clamp(y + offset, height) * width + x);
}

let state = 7;
const random = (): number => {
  state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
  return (state >> 16) & 0xff;
};

const images: Readonly<Record<string, (x: number, y: number) => number>> = {
  'one white pixel': (x, y) => (x === 71 && y === 52 ? 255 : 0),
  'an edge': (x) => (x < 67 ? 0 : 255),
  'a corner': (x, y) => (x < 67 && y < 41 ? 255 : 0),
  'a line along the border': (x) => (x < 2 ? 255 : 0),
  noise: random,
  'black and white noise': () => (random() < 128 ? 0 : 255),
  'a flat colour': () => 77,
};

const blurred = async (rgba: Buffer, channels: 3 | 4, sigma: number): Promise<Buffer> => {
  const source = await sharp(rgba, { raw: { width, height, channels } }).png().toBuffer();
  return sharp(await renderQuery(source, `size=0x0&blur=${sigma}`))
    .raw()
    .toBuffer();
};

describe.each([0.3, 0.4, 0.5, 1, 2.4, 2.5, 4, 10, 33, 100])(
  'a blur by %d is a Gaussian to within 4 levels',
  (sigma) => {
    test.each(Object.entries(images))('of %s', async (_name, valueAt) => {
      const values = Array.from({ length: width * height }, (_, at) => valueAt(at % width, Math.floor(at / width)));
      const exact = exactBlur(values, sigma);
      const result = await blurred(Buffer.from(values.flatMap((value) => [value, 255 - value, value])), 3, sigma);
      let worst = 0;
      for (let at = 0; at < values.length; at++) {
        worst = Math.max(worst, Math.abs((result[3 * at] ?? 0) - (exact[at] ?? 0)));
        worst = Math.max(worst, Math.abs((result[3 * at + 1] ?? 0) - (255 - (exact[at] ?? 0))));
      }
      expect(worst).toBeLessThanOrEqual(4);
    });
  },
);

test.each([0.4, 1, 10])('a blur by %d spreads alpha, and colours by how visible they are', async (sigma) => {
  const alphas = Array.from({ length: width * height }, (_, at) => (at % width < 67 ? 0 : 200));
  const reds = alphas.map((_, at) => (Math.floor(at / width) < 50 ? 240 : 40));
  const alpha = exactBlur(alphas, sigma);
  const visible = exactBlur(
    reds.map((red, at) => red * (alphas[at] ?? 0)),
    sigma,
  );
  const rgba = Buffer.from(
    reds.flatMap((red, at) => [alphas[at] ? red : 7, alphas[at] ? 90 : 255, 0, alphas[at] ?? 0]),
  );
  const result = await blurred(rgba, 4, sigma);
  for (let at = 0; at < alphas.length; at++) {
    const expected = alpha[at] ?? 0;
    expect(Math.abs((result[4 * at + 3] ?? 0) - expected)).toBeLessThanOrEqual(4);
    if (expected < 100) continue;
    expect(Math.abs((result[4 * at] ?? 0) - (visible[at] ?? 0) / expected)).toBeLessThanOrEqual(6);
    expect(Math.abs((result[4 * at + 1] ?? 0) - 90)).toBeLessThanOrEqual(4);
  }
});

test.each([
  [1, 1, 100],
  [1, 300, 40],
  [300, 1, 0.5],
  [3, 2, 100],
])('an image of %i x %i may be blurred by %d', async (columns, rows, sigma) => {
  const source = await photoJpeg({ width: columns, height: rows });
  const { width: w, height: h } = await sharp(await renderQuery(source, `size=0x0&blur=${sigma}`)).metadata();
  expect([w, h]).toEqual([columns, rows]);
});

test('the widest blur of the largest variant costs about as much as the variant', async () => {
  const source = await photoJpeg({ width: 2048, height: 2048 });
  const cpuMs = async (query: string): Promise<number> => {
    const start = process.cpuUsage();
    await renderQuery(source, query, 'jpeg');
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
  await cpuMs('size=0x0');
  // a Gaussian of full width would cost a hundred times as much
  expect(await cpuMs('size=0x0&blur=100')).toBeLessThan(8 * (await cpuMs('size=0x0')));
  expect((await planFor(source, { ...defaultTransform, blur: 100 }, 'jpeg')).blur).toBe(100);
});
