import { tiffEntries, tiffOf } from '../container/exif-orientation.js';
import { decodeText, type RawTexts } from './embedded-text.js';

/** The tags of the first directory that have texts (Exif 3.0, section 4.6.5). */
const tags: ReadonlyMap<number, keyof RawTexts> = new Map([
  [0x010e, 'description'],
  [0x013b, 'creator'],
  [0x8298, 'copyright'],
]);

/** ASCII, and UTF-8 since Exif 3.0. */
const textTypes = new Set([2, 129]);

/** What cameras write in place of a description. */
const boilerplate = /^(?:.*\bDIGITAL (?:STILL )?CAMERA|SONY DSC)\s*$/;

/** The texts of the first directory of an EXIF block. No other directory is read, so none can lead back to it. */
export const exifTexts = (block: Buffer): RawTexts => {
  const tiff = tiffOf(block);
  const texts: { -readonly [Name in keyof RawTexts]: RawTexts[Name] } = {};
  for (const { tag, type, count, value, isLittle } of tiffEntries(tiff)) {
    const name = tags.get(tag);
    if (!name || !textTypes.has(type) || texts[name] !== undefined) continue;
    const start = count <= 4 ? value : isLittle ? tiff.readUInt32LE(value) : tiff.readUInt32BE(value);
    // the copyrights of the photographer and of the editor are separated by a zero
    const text = decodeText(tiff.subarray(start, start + count))
      .replace(/\0+$/, '')
      .replaceAll('\0', ', ');
    // also if it is none: no tag is read twice, as thousands of entries may have the same long value
    texts[name] = name === 'description' && boilerplate.test(text) ? '' : text;
  }
  return texts;
};
