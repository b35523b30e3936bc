import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { decodeText, type RawTexts } from './embedded-text.js';

const inflateAsync = promisify(inflate);

/** Chunks with a text under a keyword (PNG, section 11.3.3). */
export const pngTextTypes = ['tEXt', 'zTXt', 'iTXt'] as const;
export type PngTextType = (typeof pngTextTypes)[number];

/** The keyword of XMP. */
const xmpKeyword = 'XML:com.adobe.xmp';

const names: Readonly<Record<string, keyof RawTexts>> = {
  Description: 'description',
  Author: 'creator',
  Copyright: 'copyright',
};

/** The bytes at the beginning of a text chunk in which its keyword ends, if it is valid. */
export const keywordBytes = 80;

/** The keyword that a text chunk begins with, if it is one whose text is read. */
export const readKeyword = (head: Buffer): string | undefined => {
  const keyword = head.toString('latin1', 0, Math.max(0, head.subarray(0, keywordBytes).indexOf(0)));
  return keyword === xmpKeyword || Object.hasOwn(names, keyword) ? keyword : undefined;
};

/** The position behind the next zero. */
const behindZero = (data: Buffer, from: number): number => {
  const zero = data.indexOf(0, from);
  if (zero === -1) throw new SyntaxError('a part of the text is not terminated');
  return zero + 1;
};

/** Where the text begins: behind the flags, and in an `iTXt` behind its language and its translated keyword. */
const textStart = (type: PngTextType, data: Buffer, flags: number): number => {
  if (type === 'tEXt') return flags;
  return type === 'zTXt' ? flags + 1 : behindZero(data, behindZero(data, flags + 2));
};

/** The text of a chunk, as XMP or under the name of what it says. No more than `maxBytes` are inflated. */
export const readPngText = async (
  type: PngTextType,
  data: Buffer,
  maxBytes: number,
): Promise<{ readonly xmp: Buffer } | RawTexts> => {
  const flags = behindZero(data, 0);
  const keyword = readKeyword(data) ?? '';
  const isDeflated = type === 'zTXt' || (type === 'iTXt' && data[flags] === 1);
  const stored = data.subarray(textStart(type, data, flags));
  const text = isDeflated ? await inflateAsync(stored, { maxOutputLength: maxBytes }) : stored;
  const name = names[keyword];
  return name ? { [name]: decodeText(text) } : { xmp: text };
};
