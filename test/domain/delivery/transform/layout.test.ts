import { describe, expect, test } from 'vitest';
import { layOut } from '../../../../src/domain/delivery/transform/layout.js';
import { createTransform, type Size } from '../../../../src/domain/delivery/transform/transform.js';
import { parseTransformQuery } from '../../../../src/domain/delivery/transform/transform-query.js';

const maxSide = 2048;

const sizeOf = (text: string): Size => parseTransformQuery(`size=${text}`).transform.size;

/** Such as `400x300 crop`, or `400x400 pad 400x300`. */
const layoutOf = (source: string, query: string): string => {
  const { width, height, resize } = layOut(parseTransformQuery(query).transform, sizeOf(source), maxSide);
  const inner = resize.kind === 'pad' ? ` ${resize.inner.width}x${resize.inner.height}` : '';
  return `${width}x${height} ${resize.kind}${inner}`;
};

type Row = readonly [source: string, query: string, expected: string];

describe('cover cuts to exactly the asked shape', () => {
  test.each<Row>([
    ['1000x800', '', '400x400 crop'],
    ['1000x800', 'size=300x200', '300x200 crop'],
    ['1000x800', 'size=500x400', '500x400 scale'],
    ['1000x800', 'size=1x1', '1x1 scale'],
    ['16384x1', 'size=100x1', '100x1 crop'],
    ['16384x16384', 'size=400x400', '400x400 scale'],
    ['1000x1000', 'size=150x150&dpr=2', '300x300 scale'],
    ['1000x1000', 'size=101x33&dpr=1.5', '152x50 crop'],
    ['8000x4000', 'size=3000x3000', '2048x2048 crop'],
    ['8000x8000', 'size=3000x1000', '2048x1000 crop'],
    ['8000x8000', 'size=1500x1500&dpr=3', '2048x2048 scale'],
    ['8000x8000', 'size=999999999999999x100', '2048x100 crop'],
  ])('of %s with "%s": %s', (source, query, expected) => {
    expect(layoutOf(source, query)).toBe(expected);
  });
});

describe('cover never invents pixels: a smaller source keeps its size in the asked shape', () => {
  test.each<Row>([
    ['100x80', '', '80x80 crop'],
    ['80x100', '', '80x80 crop'],
    ['400x300', 'size=800x600', '400x300 scale'],
    ['400x300', 'size=800x400', '400x200 crop'],
    ['500x100', 'size=400x400', '100x100 crop'],
    ['1x1', 'size=2048x2048', '1x1 scale'],
    ['1x1', 'size=2048x1', '1x1 scale'],
    ['16384x1', 'size=400x400', '1x1 crop'],
    ['1x16384', 'size=400x400', '1x1 crop'],
    ['16384x1', 'size=2048x2', '1024x1 crop'],
    ['3x2', 'size=2048x1', '3x1 crop'],
    ['100x100', 'size=60x60&dpr=3', '100x100 scale'],
  ])('of %s with "%s": %s', (source, query, expected) => {
    expect(layoutOf(source, query)).toBe(expected);
  });
});

describe('enlarge gives the asked size to a smaller source', () => {
  test.each<Row>([
    ['100x80', 'enlarge=1', '400x400 crop'],
    ['100x100', 'enlarge=1', '400x400 scale'],
    ['1x1', 'size=5000x5000&enlarge=1', '2048x2048 scale'],
    ['16384x1', 'size=2048x2048&enlarge=1', '2048x2048 crop'],
    ['100x80', 'size=200x0&enlarge=1', '200x160 scale'],
    ['100x80', 'size=400x400&fit=inside&enlarge=1', '400x320 scale'],
    ['100x80', 'size=400x400&fit=contain&enlarge=1', '400x400 pad 400x320'],
    ['100x80', 'size=400x400&fit=fill&enlarge=1', '400x400 scale'],
    ['100x80', 'size=0x0&enlarge=1', '100x80 scale'],
  ])('of %s with "%s": %s', (source, query, expected) => {
    expect(layoutOf(source, query)).toBe(expected);
  });
});

describe('one dimension 0 scales by the other, whatever the fit', () => {
  test.each<Row>([
    ['1000x800', 'size=500x0', '500x400 scale'],
    ['1000x800', 'size=0x400', '500x400 scale'],
    ['1000x800', 'size=0x400&fit=contain', '500x400 scale'],
    ['1000x800', 'size=500x0&fit=inside', '500x400 scale'],
    ['1000x800', 'size=500x0&fit=fill', '500x400 scale'],
    ['1000x333', 'size=100x0', '100x33 scale'],
    ['1000x800', 'size=250x0&dpr=2', '500x400 scale'],
    ['100x80', 'size=500x0', '100x80 scale'],
    ['100x80', 'size=0x500', '100x80 scale'],
    ['16384x1', 'size=100x0', '100x1 scale'],
    ['1x16384', 'size=0x100', '1x100 scale'],
    ['16384x1', 'size=0x1', '2048x1 scale'],
    ['1000x8000', 'size=1000x0', '256x2048 scale'],
    ['1000x8000', 'size=1000x0&enlarge=1', '256x2048 scale'],
    ['8000x4000', 'size=3000x0', '2048x1024 scale'],
    ['10x5', 'size=9000x0&enlarge=1', '2048x1024 scale'],
  ])('of %s with "%s": %s', (source, query, expected) => {
    expect(layoutOf(source, query)).toBe(expected);
  });
});

describe('0x0 is the own size, shrunk to the largest side', () => {
  test.each<Row>([
    ['1000x800', 'size=0x0', '1000x800 scale'],
    ['1000x800', 'size=0x0&dpr=3', '1000x800 scale'],
    ['2048x2048', 'size=0x0', '2048x2048 scale'],
    ['2049x100', 'size=0x0', '2048x100 scale'],
    ['4096x1000', 'size=0x0', '2048x500 scale'],
    ['16384x1', 'size=0x0', '2048x1 scale'],
    ['1x1', 'size=0x0', '1x1 scale'],
    ['4096x1000', 'size=0x0&fit=contain', '2048x500 scale'],
  ])('of %s with "%s": %s', (source, query, expected) => {
    expect(layoutOf(source, query)).toBe(expected);
  });
});

describe('inside scales into the box without padding', () => {
  test.each<Row>([
    ['1000x800', 'size=400x400&fit=inside', '400x320 scale'],
    ['800x1000', 'size=400x400&fit=inside', '320x400 scale'],
    ['100x80', 'size=400x400&fit=inside', '100x80 scale'],
    ['16384x1', 'size=400x400&fit=inside', '400x1 scale'],
    ['8000x4000', 'size=9000x9000&fit=inside', '2048x1024 scale'],
  ])('of %s with "%s": %s', (source, query, expected) => {
    expect(layoutOf(source, query)).toBe(expected);
  });
});

describe('contain pads to exactly the box', () => {
  test.each<Row>([
    ['1000x800', 'size=400x400&fit=contain', '400x400 pad 400x320'],
    ['800x1000', 'size=400x400&fit=contain', '400x400 pad 320x400'],
    ['100x80', 'size=400x400&fit=contain', '400x400 pad 100x80'],
    ['1000x800', 'size=500x400&fit=contain', '500x400 scale'],
    ['1x1', 'size=9000x10&fit=contain', '2048x10 pad 1x1'],
    ['16384x1', 'size=400x400&fit=contain', '400x400 pad 400x1'],
  ])('of %s with "%s": %s', (source, query, expected) => {
    expect(layoutOf(source, query)).toBe(expected);
  });
});

describe('fill distorts to the shape of the box', () => {
  test.each<Row>([
    ['1000x800', 'size=300x300&fit=fill', '300x300 scale'],
    ['100x80', 'size=400x400&fit=fill', '80x80 scale'],
    ['100x80', 'size=400x200&fit=fill', '100x50 scale'],
    ['16384x1', 'size=400x400&fit=fill', '1x1 scale'],
    ['9000x9000', 'size=9000x100&fit=fill', '2048x100 scale'],
  ])('of %s with "%s": %s', (source, query, expected) => {
    expect(layoutOf(source, query)).toBe(expected);
  });
});

test('without a size the result is 400x400', () => {
  expect(layOut(createTransform({}), { width: 900, height: 900 }, maxSide)).toMatchObject({ width: 400, height: 400 });
});
