import { type Locale, lookupTags } from './locale.js';

/** The alternative texts of an image by language, without that in the default language, which is part of its metadata. */
export type Translations = ReadonlyMap<Locale, string>;

/** An alternative text and its language. Empty if the image is purely decorative. */
export interface AltText {
  readonly locale: Locale;
  readonly text: string;
}

/** The text in each language: the default one first, if there is one, then the others by their tags. */
export const listAltTexts = (altText: string | null, translations: Translations, defaultLocale: Locale): AltText[] => {
  // a text that was stored while another language was the default one is hidden by the default text
  const others = [...translations].filter(([locale]) => locale !== defaultLocale);
  return [
    ...(altText === null ? [] : [{ locale: defaultLocale, text: altText }]),
    ...others.map(([locale, text]) => ({ locale, text })).sort((a, b) => (a.locale < b.locale ? -1 : 1)),
  ];
};

/** The text for readers of a language: in that, or in a less specific form of it, or the default one. */
export const altTextIn = (
  locale: Locale,
  altText: string | null,
  translations: Translations,
  defaultLocale: Locale,
): string | null => {
  for (const tag of lookupTags(locale)) {
    const text = tag === defaultLocale ? altText : translations.get(tag);
    if (text !== undefined && text !== null) return text;
  }
  return altText;
};

/** What changes of the texts. */
export interface TranslationChanges {
  readonly removed: readonly Locale[];
  readonly written: Translations;
}

/** Undefined if nothing does. */
export const changesOf = (before: Translations, after: Translations): TranslationChanges | undefined => {
  const removed = [...before.keys()].filter((locale) => !after.has(locale));
  const written = new Map([...after].filter(([locale, text]) => before.get(locale) !== text));
  return removed.length > 0 || written.size > 0 ? { removed, written } : undefined;
};
