import { expect, test } from 'vitest';
import { animates } from '../../../../src/domain/delivery/transform/plan-variant.js';
import { defaultLimits } from '../../../../src/domain/limits.js';

const source = { width: 400, height: 400, hasAlpha: true, mimeType: 'image/webp' as const };
const isAnimated = (side: number, frameCount: number, blur: number | null = null): boolean =>
  animates({ width: side, height: side }, { ...source, frameCount }, { blur }, defaultLimits);

test('an animation stays one as long as all its frames together have at most the pixels of the limit', () => {
  expect(defaultLimits.animationPixels).toBe(100 * 400 * 400);
  expect(isAnimated(400, 100)).toBe(true);
  expect(isAnimated(400, 101)).toBe(false);
  expect(isAnimated(10, 1)).toBe(false);
});

test('small frames that are blurred or enlarged cost more than their pixels: a thousand of them are refused before they start', () => {
  expect(isAnimated(50, 1_000)).toBe(true);
  expect(isAnimated(50, 400, 2)).toBe(true);
  expect(isAnimated(50, 401, 2)).toBe(false);
  const tiny = { ...source, width: 20, height: 20, frameCount: 401 };
  expect(animates({ width: 21, height: 21 }, tiny, { blur: null }, defaultLimits)).toBe(false);
  expect(animates({ width: 20, height: 20 }, tiny, { blur: null }, defaultLimits)).toBe(true);
});
