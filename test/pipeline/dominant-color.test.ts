import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dominantColor } from '../../src/pipeline/dominant-color.js';

type Rgb = readonly [red: number, green: number, blue: number];

const channels = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? 0))));

const channel = fc.integer({ min: 0, max: 255 });
const color: fc.Arbitrary<Rgb> = fc.tuple(channel, channel, channel);
const nearMultipleOf16: fc.Arbitrary<Rgb> = fc
  .tuple(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 16 }))
  .map(([r, g, b]) => [Math.min(255, 16 * r), Math.min(255, 16 * g), Math.min(255, 16 * b)]);

/** Pixels of which `share` are a colour, give or take 2 in each channel, and the others a second colour. */
function mixed(main: Rgb, second: Rgb, share: number, alpha = 255): Uint8Array {
  const count = 2_000;
  const rgba = new Uint8ClampedArray(4 * count);
  for (let index = 0; index < count; index++) {
    const isMain = index < share * count;
    const base = isMain ? main : second;
    // 5 x 5 x 5 shades, each as often as the others
    const shade = [index % 5, Math.floor(index / 5) % 5, Math.floor(index / 25) % 5];
    rgba.set([...base.map((value, at) => value + (isMain ? (shade[at] ?? 0) - 2 : 0)), alpha], 4 * index);
  }
  return new Uint8Array(rgba.buffer);
}

test('a colour and its shades are one colour, wherever the bins of the histogram have their edges', () => {
  fc.assert(
    fc.property(
      fc.oneof(color, nearMultipleOf16),
      color,
      fc.double({ min: 0.55, max: 0.95, noNaN: true }),
      (...given) => {
        const [main, second, share] = given;
        fc.pre(distance(main, second) > 32);
        expect(distance(channels(dominantColor(mixed(main, second, share))), main)).toBeLessThanOrEqual(2);
      },
    ),
    { numRuns: 300 },
  );
});

test('80 % of 64, 128, 192 give or take 2 win over 20 % of another colour', () => {
  expect(dominantColor(mixed([64, 128, 192], [200, 40, 40], 0.8))).toBe('#4080c0');
});

test('a colour that resembles the most frequent one does not move it', () => {
  expect(
    distance(channels(dominantColor(mixed([64, 128, 192], [84, 128, 192], 0.8))), [64, 128, 192]),
  ).toBeLessThanOrEqual(1);
});

test('one colour all over is that colour', () => {
  fc.assert(
    fc.property(color, fc.integer({ min: 1, max: 255 }), ([r, g, b], alpha) => {
      const rgba = Uint8Array.from({ length: 400 }, (_, index) => [r, g, b, alpha][index % 4] ?? 0);
      expect(channels(dominantColor(rgba))).toEqual([r, g, b]);
    }),
  );
});

test('what is not visible has no colour', () => {
  expect(dominantColor(mixed([10, 20, 30], [200, 40, 40], 0.8, 0))).toBe('#ffffff');
  expect(dominantColor(new Uint8Array())).toBe('#ffffff');
});
