import { describe, expect, test } from 'vitest';
import { type VariantPlan, variantEtag } from '../../../../src/domain/delivery/transform/plan-variant.js';
import type { Sha256 } from '../../../../src/domain/images/image.js';

const source = 'a'.repeat(64) as Sha256;
const plan: VariantPlan = {
  width: 400,
  height: 300,
  format: 'webp',
  quality: 80,
  resize: { kind: 'crop', left: 25, top: 75 },
  blur: null,
  color: null,
  background: null,
  animated: false,
};

describe('variantEtag', () => {
  test('is a strong ETag of 128 bits', () => {
    expect(variantEtag(source, plan)).toMatch(/^"[\w-]{22}"$/);
  });

  test('is the same for the same plan, in whatever order it was put together', () => {
    const reordered = Object.fromEntries(Object.entries(plan).reverse()) as unknown as VariantPlan;
    expect(variantEtag(source, { ...reordered, resize: { top: 75, left: 25, kind: 'crop' } })).toBe(
      variantEtag(source, plan),
    );
  });

  test.each<[string, Partial<VariantPlan>]>([
    ['width', { width: 401 }],
    ['height', { height: 301 }],
    ['format', { format: 'avif' }],
    ['quality', { quality: 81 }],
    ['kind of resize', { resize: { kind: 'scale' } }],
    ['place of the crop', { resize: { kind: 'crop', left: 75, top: 25 } }],
    ['search for the crop', { resize: { kind: 'crop', focus: 'attention' } }],
    ['blur', { blur: 1 }],
    ['background', { background: '#000000' }],
    ['animation', { animated: true }],
  ])('differs with the %s', (_name, change) => {
    expect(variantEtag(source, { ...plan, ...change })).not.toBe(variantEtag(source, plan));
  });

  test('does not change when a later release adds a parameter that the plan does not use', () => {
    // SHA-256 by openssl of the plan without what is null, its keys sorted
    expect(variantEtag(source, plan)).toBe('"Eih6NPYfHyjnekLQLADJpw"');
    expect(variantEtag(source, { ...plan, sepia: null } as VariantPlan)).toBe(variantEtag(source, plan));
    expect(variantEtag(source, { ...plan, sepia: 1 } as VariantPlan)).not.toBe(variantEtag(source, plan));
  });

  test('differs with the bytes of the source', () => {
    expect(variantEtag('b'.repeat(64) as Sha256, plan)).not.toBe(variantEtag(source, plan));
  });
});
