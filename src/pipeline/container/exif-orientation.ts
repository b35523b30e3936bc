import type { FileWindow } from '../file-window.js';

/** As much of an EXIF block as is searched; its first directory is at its beginning. */
const searchedBytes = 64 * 1024;

const orientationTag = 0x0112;
const headerBytes = 8;
const entryBytes = 12;

/** The bytes of {@link orientationExif}. */
export const orientationExifBytes = 26;

/** What JPEG, and some writers of WebP and PNG, have before the TIFF header. */
export const exifPrefix = Buffer.from('Exif\0\0', 'latin1');

/** The TIFF block of an EXIF block. */
export const tiffOf = (block: Buffer): Buffer =>
  block.subarray(0, exifPrefix.length).equals(exifPrefix) ? block.subarray(exifPrefix.length) : block;

/** An entry of the first directory of a TIFF block. */
interface TiffEntry {
  readonly tag: number;
  readonly type: number;
  /** How many values it has. */
  readonly count: number;
  /** Where the four bytes of its value are, or of the position of a longer one. */
  readonly value: number;
  readonly isLittle: boolean;
}

/** The entries of the first directory of a TIFF block, as many as are inside of it. */
export function* tiffEntries(tiff: Buffer): Generator<TiffEntry> {
  if (tiff.length < orientationExifBytes) return;
  const order = tiff.toString('latin1', 0, 4);
  if (order !== 'II*\0' && order !== 'MM\0*') return;
  const isLittle = order.startsWith('I');
  const short = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number): number => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = long(4);
  if (directory < headerBytes || directory + 2 > tiff.length) return;
  const end = Math.min(tiff.length, directory + 2 + entryBytes * short(directory));
  for (let entry = directory + 2; entry + entryBytes <= end; entry += entryBytes) {
    yield { tag: short(entry), type: short(entry + 2), count: long(entry + 4), value: entry + 8, isLittle };
  }
}

/** The orientation that the first directory of a TIFF block states, 1 to 8, or 1 if it states none. */
function tiffOrientation(tiff: Buffer): number {
  for (const { tag, type, value: at, isLittle } of tiffEntries(tiff)) {
    if (tag !== orientationTag) continue;
    const wide = type === 4 ? 4 : 2;
    const value = isLittle ? tiff.readUIntLE(at, wide) : tiff.readUIntBE(at, wide);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** The orientation in an EXIF block between two positions of a file, 1 to 8. Nothing else of it is looked at. */
export async function readOrientation(window: FileWindow, start: number, end: number): Promise<number> {
  const block = await window.copy(start, Math.min(end, start + searchedBytes));
  return tiffOrientation(tiffOf(block));
}

/** A TIFF block with an orientation and nothing else. */
export function orientationExif(orientation: number): Buffer {
  const exif = Buffer.from('4d4d002a00000008000101120003000000010000000000000000', 'hex');
  exif.writeUInt16BE(orientation, headerBytes + 2 + 8);
  return exif;
}
