import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTransform, defaultTransform } from '../../../../src/domain/delivery/transform/transform.js';
import {
  formatTransformQuery,
  parseTransformQuery,
} from '../../../../src/domain/delivery/transform/transform-query.js';
import { arbitraryTransform } from './arbitrary-transform.js';

describe('formatTransformQuery', () => {
  test('writes nothing of the default', () => {
    expect(formatTransformQuery(defaultTransform)).toBe('');
    expect(formatTransformQuery(defaultTransform, 3)).toBe('v=3');
  });

  test('writes what differs, in one order', () => {
    const transform = createTransform({
      enlarge: true,
      background: '#FFF8',
      focus: { x: 0.25, y: 1 },
      size: { width: 640, height: 0 },
      format: 'webp',
    });
    expect(formatTransformQuery(transform, 12)).toBe(
      'size=640x0&format=webp&focus=0.25,1&background=ffffff88&enlarge=1&v=12',
    );
  });

  test('is read back as the same transform and version, without any escape', () => {
    const version = fc.option(fc.integer({ min: 1 }), { nil: null });
    fc.assert(
      fc.property(arbitraryTransform, version, (transform, v) => {
        const query = formatTransformQuery(transform, v);
        expect(query).toMatch(/^[a-z0-9=&.,]*$/);
        expect(parseTransformQuery(query)).toEqual({ transform, version: v });
      }),
      { numRuns: 500 },
    );
  });
});
