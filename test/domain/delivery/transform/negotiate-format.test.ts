import { describe, expect, test } from 'vitest';
import { negotiateFormat } from '../../../../src/domain/delivery/transform/negotiate-format.js';
import type { VariantSource } from '../../../../src/domain/delivery/transform/plan-variant.js';
import { parseTransformQuery } from '../../../../src/domain/delivery/transform/transform-query.js';
import { NotAcceptableError } from '../../../../src/domain/errors.js';
import { defaultLimits } from '../../../../src/domain/limits.js';

const jpeg: VariantSource = { width: 4000, height: 3000, hasAlpha: false, frameCount: 1, mimeType: 'image/jpeg' };
const sources = {
  jpeg,
  png: { ...jpeg, mimeType: 'image/png' },
  alphaPng: { ...jpeg, mimeType: 'image/png', hasAlpha: true },
  webp: { ...jpeg, mimeType: 'image/webp' },
  alphaWebp: { ...jpeg, mimeType: 'image/webp', hasAlpha: true },
  animatedWebp: { ...jpeg, mimeType: 'image/webp', frameCount: 4 },
} as const satisfies Record<string, VariantSource>;

type SourceName = keyof typeof sources;

const negotiate = (source: SourceName, accept: string | undefined, query = ''): string =>
  negotiateFormat({
    accept,
    transform: parseTransformQuery(query).transform,
    source: sources[source],
    limits: defaultLimits,
  });

const chrome = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';
const moovSdk = 'image/jpeg;q=1, image/png;q=0.7, image/webp;q=0';

describe('negotiateFormat', () => {
  test.each<[SourceName, string | undefined, string]>([
    ['jpeg', undefined, 'jpeg'],
    ['alphaPng', undefined, 'png'],
    ['webp', undefined, 'webp'],
    ['png', '*/*', 'png'],
    ['webp', 'image/*', 'webp'],
    ['alphaPng', 'text/html, */*;q=0.1', 'png'],
    ['jpeg', '', 'jpeg'],
  ])('keeps the stored format of %s where Accept is %s', (source, accept, expected) => {
    expect(negotiate(source, accept)).toBe(expected);
  });

  test.each<[SourceName, string, string]>([
    ['jpeg', chrome, 'avif'],
    ['jpeg', 'image/webp,*/*', 'webp'],
    ['png', 'image/webp,image/avif', 'avif'],
    ['jpeg', 'image/avif;q=0.5,image/webp', 'webp'],
    ['webp', 'image/png,image/jpeg', 'jpeg'],
    ['webp', 'image/png;q=0.9,image/jpeg;q=0.8', 'png'],
    ['jpeg', 'image/png', 'png'],
    ['jpeg', 'image/*;q=0.5, image/jpeg;q=0.4', 'png'],
    ['jpeg', 'IMAGE/WEBP', 'webp'],
    ['jpeg', 'image/webp ; q=1.000 , image/jpeg ; q=0.9', 'webp'],
    ['jpeg', moovSdk, 'jpeg'],
    ['webp', moovSdk, 'jpeg'],
  ])('serves %s to "%s" as %s', (source, accept, expected) => {
    expect(negotiate(source, accept)).toBe(expected);
  });

  test.each<[SourceName, string, string]>([
    ['alphaPng', moovSdk, 'png'],
    ['alphaWebp', moovSdk, 'png'],
    ['alphaPng', 'image/jpeg, image/webp;q=0.1', 'webp'],
    ['alphaPng', 'image/jpeg', 'jpeg'],
  ])('flattens %s for "%s" only where no accepted format keeps alpha: %s', (source, accept, expected) => {
    expect(negotiate(source, accept)).toBe(expected);
  });

  test('keeps an animation moving where WebP is accepted', () => {
    expect(negotiate('animatedWebp', chrome)).toBe('webp');
    expect(negotiate('animatedWebp', 'image/avif,image/jpeg')).toBe('avif');
  });

  test('gives AVIF only to those who name it, and only within its pixel limit', () => {
    expect(negotiate('jpeg', 'image/*')).toBe('jpeg');
    expect(negotiate('jpeg', chrome, 'size=2048x2048')).toBe('webp');
    expect(() => negotiate('jpeg', 'image/avif', 'size=2048x2048')).toThrow(NotAcceptableError);
  });

  test('follows the most specific range, so that q=0 refuses', () => {
    expect(negotiate('webp', 'image/webp;q=0, image/*')).toBe('jpeg');
    expect(negotiate('jpeg', 'image/*;q=0, */*, image/png;q=0.1')).toBe('png');
  });

  test('a format that the URL names wins whatever Accept says', () => {
    expect(negotiate('jpeg', 'image/png;q=1, image/webp;q=0', 'format=webp')).toBe('webp');
    expect(negotiate('alphaPng', 'image/png', 'format=jpeg')).toBe('jpeg');
  });

  test.each(['text/html', 'image/gif', '*/*;q=0', 'image/jpeg;q=0,image/png;q=0,image/webp;q=0'])(
    'names the available formats if only "%s" is accepted',
    (accept) => {
      expect(() => negotiate('jpeg', accept)).toThrow(
        new NotAcceptableError('The image can be served as image/jpeg, image/png, image/webp, image/avif.'),
      );
    },
  );

  test.each([
    ['garbage', 'certainly not a media range'],
    ['separators', ',;,;q=,,/,;;'.repeat(10_000)],
    ['an endless type', `image/${'a'.repeat(200_000)}"`],
    ['a malformed weight', 'image/webp;q=high'],
    ['a negative weight', 'image/webp;q=-1'],
    ['control characters', '\0\x01\x7f'],
    ['names of built-ins', '__proto__, constructor;q=1'],
  ])('takes %s for no Accept at all', (_name, accept) => {
    expect(negotiate('png', accept)).toBe('png');
  });

  test('reads a hundred thousand ranges', () => {
    expect(negotiate('jpeg', `${'image/x;q=0.5,'.repeat(100_000)}image/webp`)).toBe('webp');
  });
});
