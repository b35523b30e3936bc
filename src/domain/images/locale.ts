import type { Branded } from './image.js';

/** A language tag of BCP 47 in its canonical form, such as `de-CH`. */
export type Locale = Branded<'Locale'>;

/** Every language has a code of two or three letters; longer ones are reserved, and are words that somebody wrote instead. */
const startsWithLanguage = /^[a-z]{2,3}(?:-|$)/i;

/** The canonical form of a well-formed tag of at most that many characters: `EN-us` is `en-US`, and `iw` is `he`. */
export const asLocale = (text: string, maxLength: number): Locale | undefined => {
  if (text.length > maxLength || !startsWithLanguage.test(text)) return undefined;
  try {
    return Intl.getCanonicalLocales(text)[0] as Locale | undefined;
  } catch {
    return undefined;
  }
};

/**
 * The tags that a tag falls back to, itself first: `zh-Hant-TW`, `zh-Hant`, `zh`.
 *
 * RFC 4647, 3.4: "the language range is progressively truncated from the end until a matching language tag is located. Single letter or
 * digit subtags [...] are removed at the same time as their closest trailing subtag."
 */
export const lookupTags = (locale: Locale): Locale[] => {
  const subtags = locale.split('-');
  return subtags
    .map((_, index) => subtags.slice(0, subtags.length - index))
    .filter((kept) => kept.at(-1)?.length !== 1)
    .map((kept) => kept.join('-') as Locale);
};
