import { type InputIssue, InvalidInputError } from '../errors.js';
import type { Limits } from '../limits.js';
import { cutText, textFault } from '../storable.js';
import type { Translations } from './alt-texts.js';
import type { EmbeddedTexts, FocalPoint, ImageMetadata } from './image.js';
import type { Locale } from './locale.js';

/** The part of the metadata that callers set, apart from the texts in other languages than the default one. */
export type EditableMetadata = Pick<ImageMetadata, 'altText' | 'focalPoint'>;

export const emptyMetadata: EditableMetadata = { altText: null, focalPoint: null };

/** Metadata as a client sends it, not yet checked; null and absent mean what the operation says. */
export interface MetadataInput {
  readonly altText?: string | null | undefined;
  /** The texts by language; a null text removes that of its language. */
  readonly altTexts?: readonly AltTextInput[] | null | undefined;
  readonly focalPoint?: FocalPoint | null | undefined;
}

interface AltTextInput {
  readonly locale: Locale;
  readonly text?: string | null | undefined;
}

/** Metadata of a client that were found good. */
export interface CheckedMetadata extends Omit<MetadataInput, 'altTexts'> {
  /** Without the default language, whose text is `altText`. Null for all of them. */
  readonly translations: ReadonlyMap<Locale, string | null> | null | undefined;
}

/** What the metadata of clients are checked against. */
export interface MetadataRules {
  readonly limits: Pick<Limits, 'altTextLength' | 'altTextLocales'>;
  readonly defaultLocale: Locale;
}

const isFraction = (value: number): boolean => value >= 0 && value <= 1;

/** @throws {InvalidInputError} with every problem of the input. */
export const checkMetadata = (
  input: MetadataInput,
  { limits, defaultLocale }: MetadataRules,
  path: readonly string[] = ['metadata'],
): CheckedMetadata => {
  const { altText, altTexts, focalPoint } = input;
  // before each of them is looked at
  if (altTexts && altTexts.length > limits.altTextLocales + 1) throw tooManyLanguages(limits, [...path, 'altTexts']);
  const issues: InputIssue[] = [];
  const checkText = (text: string | null | undefined, at: readonly string[]): void => {
    const fault = textFault(text ?? '', limits.altTextLength);
    if (fault) issues.push({ path: [...path, ...at], message: fault });
  };
  checkText(altText, ['altText']);
  const texts = new Map<Locale, string | null>();
  for (const [index, { locale, text = null }] of (altTexts ?? []).entries()) {
    checkText(text, ['altTexts', `${index}`, 'text']);
    const localePath = [...path, 'altTexts', `${index}`, 'locale'];
    if (texts.has(locale))
      issues.push({ path: localePath, message: `Is ${locale} again: accepts each language once.` });
    texts.set(locale, text);
  }
  const given = texts.get(defaultLocale);
  if (given !== undefined && altText !== undefined && altText !== given) {
    const message = `Differs from the text in ${defaultLocale}, the default language, in altTexts. Give one of them.`;
    issues.push({ path: [...path, 'altText'], message });
  }
  if (focalPoint && !(isFraction(focalPoint.x) && isFraction(focalPoint.y))) {
    issues.push({
      path: [...path, 'focalPoint'],
      message: 'Must have x and y from 0 to 1, as fractions of width and height.',
    });
  }
  if (issues.length > 0) throw new InvalidInputError(issues);
  texts.delete(defaultLocale);
  return { altText: given === undefined ? altText : given, focalPoint, translations: altTexts && texts };
};

/** What a client that says nothing of the metadata gives. */
export const nothingGiven: CheckedMetadata = { translations: undefined };

const tooManyLanguages = (
  { altTextLocales }: MetadataRules['limits'],
  path: readonly string[] = ['metadata', 'altTexts'],
): InvalidInputError =>
  InvalidInputError.at(path, `Accepts texts in at most ${altTextLocales} languages other than the default one.`);

/** Replaces the metadata: what is absent is cleared. */
export const replaceMetadata = (input: Omit<CheckedMetadata, 'translations'>): EditableMetadata => ({
  altText: input.altText ?? null,
  focalPoint: input.focalPoint ?? null,
});

/** Only what is given changes: null clears, absent keeps. */
export const mergeMetadata = (
  current: EditableMetadata,
  input: Omit<CheckedMetadata, 'translations'>,
): EditableMetadata => ({
  altText: input.altText === undefined ? current.altText : input.altText,
  focalPoint: input.focalPoint === undefined ? current.focalPoint : input.focalPoint,
});

/** The alternative text that an image gets from its file, if the client wants that: the one in it, or else its description. */
export const adoptedAltText = (
  isWanted: boolean | null | undefined,
  { altText, description }: EmbeddedTexts,
  { altTextLength }: Pick<Limits, 'altTextLength'>,
): string | null => {
  const text = isWanted ? (altText ?? description) : null;
  return text && cutText(text, altTextLength);
};

/** The metadata of a new image, with the text of its file if the client gives none. */
export const withAltText = (given: CheckedMetadata, text: string | null): CheckedMetadata =>
  given.altText === undefined ? { ...given, altText: text } : given;

/**
 * The texts after those that are given were set or, if they are null, removed.
 * @throws {InvalidInputError} if there are more than an image may have.
 */
export const mergeTranslations = (
  current: Translations,
  given: CheckedMetadata['translations'],
  limits: MetadataRules['limits'],
): Translations => {
  const texts = [...(given === null ? [] : current), ...(given ?? [])];
  const merged = new Map(
    [...new Map<Locale, string | null>(texts)].filter((entry): entry is [Locale, string] => entry[1] !== null),
  );
  if (merged.size > limits.altTextLocales && merged.size > current.size) throw tooManyLanguages(limits);
  return merged;
};

export const sameFocalPoint = (a: FocalPoint | null, b: FocalPoint | null): boolean => a?.x === b?.x && a?.y === b?.y;
