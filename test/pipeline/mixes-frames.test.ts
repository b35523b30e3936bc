import { expect, test } from 'vitest';
import { planVariant } from '../../src/domain/delivery/transform/plan-variant.js';
import { parseTransformQuery } from '../../src/domain/delivery/transform/transform-query.js';
import { defaultLimits } from '../../src/domain/limits.js';
import { mixesFrames } from '../../src/pipeline/steps/resize.js';
import type { ImageSize } from '../support/sample-images.js';

const mixes = (sourceSize: ImageSize, query: string): boolean => {
  const { transform } = parseTransformQuery(query);
  const source = { ...sourceSize, hasAlpha: false, frameCount: 2, mimeType: 'image/webp' as const };
  const plan = planVariant({ transform, format: 'webp', source, focalPoint: null, limits: defaultLimits });
  return mixesFrames({ plan, sourceSize, crop: null, conversion: null, timeoutSeconds: 1, deadline: 0 });
};

const sizes = [
  [480, 270],
  [1000, 333],
  [728, 90],
  [90, 728],
] as const;

test.each(sizes)('all frames of %i x %i are shrunk together, to whatever size', (width, height) => {
  for (let side = 1; side <= 1_000; side += 1) {
    for (const query of [
      `${side}x0`,
      `0x${side}`,
      `${side}x${side}`,
      `${side}x50&fit=inside`,
      `${side}x70&fit=contain`,
    ]) {
      expect(mixes({ width, height }, `size=${query}`), query).toBe(false);
    }
  }
});

test.each([
  ['enlarged', '960x0&enlarge=1', true],
  ['enlarged to cover', '600x600&enlarge=1', true],
  ['enlarged onto a canvas', '600x600&fit=contain&enlarge=1', true],
  ['made higher', '480x300&fit=fill&enlarge=1', true],
  ['pressed', '480x100&fit=fill', false],
  ['made narrower', '100x270&fit=fill', false],
  ['made wider', '900x270&fit=fill&enlarge=1', false],
  ['put onto a larger canvas', '600x600&fit=contain', false],
])('an image that is %s mixes rows: size=%s is %s', (_name, query, expected) => {
  expect(mixes({ width: 480, height: 270 }, `size=${query}`)).toBe(expected);
});
