import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultTransform,
  parameters,
  type Transform,
  versionParameter,
} from '../../../../src/domain/delivery/transform/transform.js';
import { parseTransformQuery } from '../../../../src/domain/delivery/transform/transform-query.js';
import { InvalidInputError } from '../../../../src/domain/errors.js';

const known = { ...parameters, v: versionParameter };

const faultsOf = (query: string): string[] => {
  try {
    parseTransformQuery(query);
  } catch (error) {
    if (error instanceof InvalidInputError)
      return error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw error;
  }
  return [];
};

describe('parseTransformQuery', () => {
  test('reads an empty query as the default', () => {
    expect(parseTransformQuery('')).toEqual({ transform: defaultTransform, version: null });
    expect(parseTransformQuery('?')).toEqual({ transform: defaultTransform, version: null });
  });

  test.each<[string, Partial<Transform>]>([
    ['size=300x200', { size: { width: 300, height: 200 } }],
    ['size=0x200', { size: { width: 0, height: 200 } }],
    ['size=0x0', { size: { width: 0, height: 0 } }],
    ['size=999999999999999x1', { size: { width: 999_999_999_999_999, height: 1 } }],
    ['fit=contain', { fit: 'contain' }],
    ['format=avif', { format: 'avif' }],
    ['format=auto', { format: 'auto' }],
    ['format=jpg', { format: 'jpeg' }],
    ['quality=100', { quality: 100 }],
    ['dpr=1.5', { dpr: 1.5 }],
    ['focus=attention', { focus: 'attention' }],
    ['focus=0.25,1', { focus: { x: 0.25, y: 1 } }],
    ['focus=0%2C0.5', { focus: { x: 0, y: 0.5 } }],
    ['blur=0.3', { blur: 0.3 }],
    ['background=FfF', { background: '#ffffff' }],
    ['background=%2300000080', { background: '#00000080' }],
    ['enlarge=1', { enlarge: true }],
    ['enlarge=0', { enlarge: false }],
  ])('reads %s', (query, expected) => {
    expect(parseTransformQuery(query).transform).toEqual({ ...defaultTransform, ...expected });
  });

  test.each(['size=%ff', '%c0%af=1', 'size=1x1&v=%ed%a0%80', '%', 'size=%zz'])(
    'refuses %s, which is not UTF-8',
    (query) => {
      expect(faultsOf(query)).toEqual([' The query has percent escapes that are not UTF-8. No parameter needs any.']);
    },
  );

  test('reads the version along with the transform', () => {
    expect(parseTransformQuery('v=7&size=10x10')).toMatchObject({ version: 7, transform: { size: { width: 10 } } });
  });

  const malformed: Record<keyof typeof known, readonly string[]> = {
    size: [
      '',
      '300',
      '300x',
      'x300',
      '300X200',
      '300x200x1',
      '-1x5',
      '1.5x2',
      '1e3x1',
      ' 1x1',
      '+1x1',
      '٣x3',
      `${'9'.repeat(16)}x1`,
    ],
    fit: ['', 'Cover', 'crop', 'toString'],
    format: ['', 'JPG', 'gif', 'image/png', 'JPEG'],
    quality: ['', '0', '101', '80.5', '1e1', '-5', 'best', '0x10'],
    dpr: ['', '0', '0.9', '3.1', '4', 'NaN', 'Infinity', '2x', '1e0'],
    focus: ['', 'focal', 'centre', '0.5', '0.5,', '0.5,0.5,0.5', '1.1,0', '-0.1,0', 'a,b', '0.5, 0.5', '.5,.5'],
    blur: ['', '0', '0.2', '100.1', '-1', '1e1'],
    background: ['', 'red', '12', '12345', '%23%23fff', '1234567', 'ggg', 'rgb(0,0,0)'],
    color: ['', 'P3', 'display-p3', 'rgb'],
    enlarge: ['', 'true', '2', '01'],
    v: ['', '0', '-1', '1.5', 'latest', '9'.repeat(16)],
  };

  test.each(Object.entries(malformed).flatMap(([name, values]) => values.map((value) => [name, value] as const)))(
    'refuses %s=%s, naming the parameter and its accepted values',
    (name, value) => {
      const expected = `${name} ${known[name as keyof typeof known].accepted}`;
      expect(faultsOf(`${name}=${value}`)).toEqual([expected]);
    },
  );

  test.each(Object.keys(known))('refuses %s without a value', (name) => {
    expect(faultsOf(name)).toHaveLength(1);
  });

  test('refuses a repeated parameter by name, even with equal values', () => {
    expect(faultsOf('size=1x1&fit=cover&size=1x1')).toEqual(['size must be given once.']);
  });

  test.each(['width', 'SIZE', '__proto__', 'constructor', ''])(
    'refuses the unknown parameter "%s" and lists the known',
    (name) => {
      expect(faultsOf(`${name}=1`)).toEqual([
        `${name} is not a parameter here. Known are size, fit, format, quality, dpr, focus, blur, background, color, enlarge, v.`,
      ]);
    },
  );

  test('names three of many unknown parameters, so that the answer is no longer than it helps', () => {
    const names = Array.from({ length: 4_000 }, (_, index) => `p${index}`);
    expect(faultsOf(names.join('&'))).toEqual(
      ['p0', 'p1', 'p2'].map((name) => expect.stringContaining(`${name} is not a parameter here.`)),
    );
  });

  test('reports all malformed values at once', () => {
    expect(faultsOf('size=big&fit=crop&v=0')).toHaveLength(3);
  });

  test('survives broken percent escapes', () => {
    expect(faultsOf('size=%E0%A4%A')).toHaveLength(1);
    expect(faultsOf('%=1')).toHaveLength(1);
    expect(faultsOf('size=%')).toHaveLength(1);
  });

  test('throws nothing but InvalidInputError whatever it is given', () => {
    const names = fc.constantFrom(...Object.keys(known), '%', 'x');
    const query = fc
      .array(
        fc.tuple(names, fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9a-fx.,%-]*$/))),
      )
      .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));
    fc.assert(
      fc.property(fc.oneof(query, fc.string()), (text) => void faultsOf(text)),
      { numRuns: 200 },
    );
  });
});
