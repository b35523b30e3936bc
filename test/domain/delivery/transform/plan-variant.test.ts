import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  planVariant,
  type VariantPlan,
  type VariantSource,
} from '../../../../src/domain/delivery/transform/plan-variant.js';
import { parseTransformQuery } from '../../../../src/domain/delivery/transform/transform-query.js';
import type { FocalPoint, OutputFormat } from '../../../../src/domain/images/image.js';
import { defaultLimits } from '../../../../src/domain/limits.js';
import { arbitraryTransform } from './arbitrary-transform.js';

const opaque: VariantSource = { width: 1000, height: 800, hasAlpha: false, frameCount: 1, mimeType: 'image/jpeg' };
const withAlpha: VariantSource = { ...opaque, hasAlpha: true, mimeType: 'image/png' };
const animated: VariantSource = { ...opaque, frameCount: 10, mimeType: 'image/webp' };

interface Given {
  readonly format?: OutputFormat;
  readonly source?: VariantSource;
  readonly focalPoint?: FocalPoint | null;
}

const planOf = (query: string, { format = 'jpeg', source = opaque, focalPoint = null }: Given = {}): VariantPlan =>
  planVariant({ transform: parseTransformQuery(query).transform, format, source, focalPoint, limits: defaultLimits });

describe('planVariant', () => {
  test.each([
    ['jpeg', '', 80],
    ['webp', '', 80],
    ['avif', '', 50],
    ['png', '', null],
    ['jpeg', 'quality=33', 33],
    ['png', 'quality=33', null],
  ] as const)('gives %s with "%s" the quality %s', (format, query, quality) => {
    expect(planOf(query, { format }).quality).toBe(quality);
  });

  test('serves an AVIF over the pixel limit as WebP with the quality of WebP', () => {
    const source = { ...opaque, width: 4000, height: 4000 };
    expect(planOf('size=1000x2000', { format: 'avif', source })).toMatchObject({ format: 'avif', quality: 50 });
    expect(planOf('size=1000x2001', { format: 'avif', source })).toMatchObject({ format: 'webp', quality: 80 });
  });

  // of 1000 x 800, a square crop of 400 is cut from 500 x 400: the focus moves it by at most 100 pixels from left to right
  test.each([
    ['', null, { left: 50, top: 0 }],
    ['', { x: 0.2, y: 0.9 }, { left: 0, top: 0 }],
    ['', { x: 0.55, y: 0.9 }, { left: 75, top: 0 }],
    ['', { x: 0.5, y: 0.5 }, { left: 50, top: 0 }],
    ['focus=center', { x: 0.2, y: 0.9 }, { left: 50, top: 0 }],
    ['focus=attention', { x: 0.2, y: 0.9 }, { focus: 'attention' }],
    ['focus=0.9,0.2', { x: 0.2, y: 0.9 }, { left: 100, top: 0 }],
  ] as const)('crops with "%s" and the focal point %o at %o', (query, focalPoint, place) => {
    expect(planOf(query, { focalPoint }).resize).toEqual({ kind: 'crop', ...place });
  });

  test('does not depend on the focal point where nothing is cropped', () => {
    expect(planOf('size=500x0', { focalPoint: { x: 0, y: 0 } })).toEqual(planOf('size=500x0'));
  });

  test('fills with the background only where it is seen', () => {
    expect(planOf('background=f00', { source: opaque }).background).toBeNull();
    expect(planOf('background=f00', { source: withAlpha }).background).toBe('#ff0000');
    expect(planOf('background=f00&fit=contain', { source: opaque }).background).toBe('#ff0000');
  });

  test.each(['png', 'webp', 'avif'] as const)('keeps transparency in %s', (format) => {
    expect(planOf('', { format, source: withAlpha }).background).toBeNull();
    expect(planOf('fit=contain', { format, source: opaque }).background).toBeNull();
  });

  test('lays transparency on white in JPEG, under a translucent background too', () => {
    expect(planOf('', { source: withAlpha }).background).toBe('#ffffff');
    expect(planOf('fit=contain', { source: opaque }).background).toBe('#ffffff');
    expect(planOf('background=ff000080', { source: withAlpha }).background).toBe('#ff7f7f');
    expect(planOf('background=0000', { source: withAlpha }).background).toBe('#ffffff');
  });

  test('keeps an animation in WebP only', () => {
    expect(planOf('', { format: 'webp', source: animated }).animated).toBe(true);
    expect(planOf('', { format: 'webp', source: opaque }).animated).toBe(false);
    expect(planOf('', { format: 'png', source: animated }).animated).toBe(false);
  });

  test('serves the first frame of an animation over the pixel limit', () => {
    const source = { ...animated, width: 2000, height: 1000, frameCount: 8 };
    expect(planOf('size=0x0', { format: 'webp', source }).animated).toBe(true);
    expect(planOf('size=0x0', { format: 'webp', source: { ...source, frameCount: 9 } }).animated).toBe(false);
  });

  test('gives whole sides from 1 to the limit, above the source only by enlarging or padding', () => {
    const side = fc.oneof(fc.integer({ min: 1, max: 16_384 }), fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(arbitraryTransform, side, side, (transform, width, height) => {
        const source = { ...opaque, width, height };
        const plan = planVariant({ transform, format: 'webp', source, focalPoint: null, limits: defaultLimits });
        const sides = [
          [plan.width, width],
          [plan.height, height],
        ] as const;
        for (const [result, own] of sides) {
          expect(Number.isInteger(result)).toBe(true);
          expect(result).toBeGreaterThanOrEqual(1);
          expect(result).toBeLessThanOrEqual(defaultLimits.variantSide);
          if (!transform.enlarge && plan.resize.kind !== 'pad') expect(result).toBeLessThanOrEqual(own);
        }
        if (plan.resize.kind === 'pad') {
          expect(plan.resize.innerWidth).toBeLessThanOrEqual(plan.width);
          expect(plan.resize.innerHeight).toBeLessThanOrEqual(plan.height);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
