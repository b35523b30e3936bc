import { expect, test } from 'vitest';
import { altTextIn, listAltTexts } from '../../../src/domain/images/alt-texts.js';
import { asLocale, type Locale, lookupTags } from '../../../src/domain/images/locale.js';

const texts = new Map([
  ['zh-Hant', '蒼鷺'],
  ['pt-BR', 'Garça'],
  ['ar', ''],
] as [Locale, string][]);
const inLocale = (locale: string, altText: string | null = 'Heron') =>
  altTextIn(locale as Locale, altText, texts, 'en' as Locale);

test.each([
  ['EN', 'en'],
  ['pt-br', 'pt-BR'],
  ['ZH-hant-tw', 'zh-Hant-TW'],
  ['iw', 'he'],
  ['de-u-co-phonebk', 'de-u-co-phonebk'],
  ['x-pirate', undefined],
  ['german', undefined],
  ['', undefined],
  ['*', undefined],
  ['en_US', undefined],
  ['en-', undefined],
  ['e n', undefined],
  ['dé', undefined],
  [`de${'-x'.repeat(20)}`, undefined],
  [`en-x-${'a'.repeat(8)}-${'b'.repeat(8)}-${'c'.repeat(8)}-d123`, undefined],
])('the tag %j is %j', (text, tag) => {
  expect(asLocale(text, 35)).toBe(tag);
});

test.each([
  ['de', ['de']],
  ['zh-Hant-TW', ['zh-Hant-TW', 'zh-Hant', 'zh']],
  ['en-US-x-private', ['en-US-x-private', 'en-US', 'en']],
  ['de-CH-u-co-phonebk', ['de-CH-u-co-phonebk', 'de-CH-u-co', 'de-CH', 'de']],
])('%s is looked up as %j', (locale, tags) => {
  expect(lookupTags(locale as Locale)).toEqual(tags);
});

test.each([
  ['zh-Hant', '蒼鷺'],
  ['zh-Hant-TW', '蒼鷺'],
  // no text is more specific than what was asked for
  ['zh', 'Heron'],
  ['pt', 'Heron'],
  ['pt-PT', 'Heron'],
  ['en-GB', 'Heron'],
  // decorative is a text as any other
  ['ar-EG', ''],
])('a reader of %s gets %j', (locale, text) => {
  expect(inLocale(locale)).toBe(text);
});

test('without a default text, a reader gets null where the lookup finds none', () => {
  expect([inLocale('en-GB', null), inLocale('sv', null), inLocale('zh-Hant-TW', null)]).toEqual([null, null, '蒼鷺']);
});

test('a text of what is the default language now is hidden by the default text', () => {
  const all = new Map([...texts, ['en', 'from before'] as [Locale, string]]);
  const list = listAltTexts('Heron', all, 'en' as Locale);
  expect(list.map(({ locale, text }) => `${locale} ${text}`)).toEqual([
    'en Heron',
    'ar ',
    'pt-BR Garça',
    'zh-Hant 蒼鷺',
  ]);
  expect(altTextIn('en-US' as Locale, null, all, 'en' as Locale)).toBeNull();
});
