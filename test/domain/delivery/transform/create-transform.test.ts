import { describe, expect, test } from 'vitest';
import {
  createTransform,
  defaultTransform,
  type TransformFields,
} from '../../../../src/domain/delivery/transform/transform.js';
import { InvalidInputError } from '../../../../src/domain/errors.js';

const issuesOf = (fields: TransformFields): InvalidInputError['issues'] => {
  try {
    createTransform(fields);
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues;
    throw error;
  }
  return [];
};

describe('createTransform', () => {
  test('fills in the default of every field that is absent or null', () => {
    expect(createTransform({})).toEqual(defaultTransform);
    expect(createTransform({ size: null, fit: null, quality: null, dpr: null, background: null })).toEqual(
      defaultTransform,
    );
  });

  test.each([
    ['#FFF', '#ffffff'],
    ['abc', '#aabbcc'],
    ['#abcd', '#aabbccdd'],
    ['00FF00', '#00ff00'],
    ['#11223380', '#11223380'],
    ['112233ff', '#112233'],
    ['fff0', '#ffffff00'],
  ])('spells the colour %s as %s', (background, expected) => {
    expect(createTransform({ background }).background).toBe(expected);
  });

  test.each<[string, TransformFields]>([
    ['size', { size: { width: -1, height: 10 } }],
    ['size', { size: { width: 10, height: 1.5 } }],
    ['size', { size: { width: Number.POSITIVE_INFINITY, height: 10 } }],
    ['quality', { quality: 0 }],
    ['quality', { quality: 101 }],
    ['quality', { quality: 50.5 }],
    ['dpr', { dpr: 0.99 }],
    ['dpr', { dpr: 3.01 }],
    ['dpr', { dpr: Number.NaN }],
    ['focus', { focus: { x: -0.1, y: 0 } }],
    ['focus', { focus: { x: 0, y: 1.1 } }],
    ['blur', { blur: 0.29 }],
    ['blur', { blur: 100.1 }],
    ['background', { background: '' }],
    ['background', { background: 'red' }],
    ['background', { background: '#12345' }],
    ['background', { background: '##fff' }],
  ])('refuses a bad %s and names the accepted values: %o', (name, fields) => {
    expect(issuesOf(fields)).toEqual([{ path: [name], message: expect.stringMatching(/^must be /) }]);
  });

  test('reports all errors at once', () => {
    expect(issuesOf({ quality: 0, dpr: 9, blur: 0 }).map(({ path }) => path[0])).toEqual(['quality', 'dpr', 'blur']);
  });

  test('accepts the ends of every range', () => {
    expect(issuesOf({ quality: 1, dpr: 1, blur: 0.3, focus: { x: 0, y: 0 }, size: { width: 0, height: 0 } })).toEqual(
      [],
    );
    expect(issuesOf({ quality: 100, dpr: 3, blur: 100, focus: { x: 1, y: 1 } })).toEqual([]);
  });

  test('rounds differences that nobody can see, so that they create no additional variant', () => {
    const transform = createTransform({ dpr: 1.5000001, blur: 2.00001, focus: { x: 1e-9, y: 0.333333 } });
    expect(transform).toMatchObject({ dpr: 1.5, blur: 2, focus: { x: 0, y: 0.3333 } });
  });
});
