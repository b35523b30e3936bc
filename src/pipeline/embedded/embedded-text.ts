import type { EmbeddedTexts } from '../../domain/images/image.js';
import { cutText } from '../../domain/storable.js';

/** Texts as one source has them, not yet cleaned. */
export type RawTexts = { readonly [Name in keyof EmbeddedTexts]?: string | undefined };

const utf8 = new TextDecoder('utf-8', { fatal: true });
const latin1 = new TextDecoder('latin1');

/** Text of EXIF, IPTC or PNG. Writers use UTF-8 whether or not they declare it; other text is hardly ever valid UTF-8 by chance. */
export const decodeText = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1.decode(bytes);
  }
};

/** Control characters, lone surrogates, and the marks that change the direction of the text around an embedded one. */
const undisplayable = /[\p{Cs}\u202a-\u202e\u2066-\u2069]|(?!\n)\p{Cc}/gu;

/**
 * A text as it may be stored and shown: without what cannot be displayed, with single spaces, and cut to a number of characters. Null if
 * nothing is left of it.
 */
export const cleanText = (text: string, maxLength: number): string | null => {
  const clean = text
    .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll('\t', ' ')
    .replaceAll(undisplayable, '')
    .replaceAll(/ +/g, ' ')
    .replaceAll(/ ?\n ?/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
  return cutText(clean, maxLength).trimEnd() || null;
};
