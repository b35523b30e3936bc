import type { StoredFormat } from '../domain/images/image.js';

/** The bytes of a file's beginning that `detectFormat` looks at. */
export const signatureBytes = 1024;

/** Text in Latin-1 at an offset; every file that has it is of the format. */
type Signature = readonly [format: string, offset: number, text: string];

const signatures: readonly Signature[] = [
  ['jpeg', 0, '\xff\xd8\xff'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['webp', 8, 'WEBP'],
  ['gif', 0, 'GIF8'],
  ['tiff', 0, 'II*\0'],
  ['tiff', 0, 'MM\0*'],
  ['tiff', 0, 'II+\0'],
  ['tiff', 0, 'MM\0+'],
  ['avif', 4, 'ftypavi'],
  ['heic', 4, 'ftyphei'],
  ['heic', 4, 'ftyphev'],
  ['heif', 4, 'ftypmif1'],
  ['heif', 4, 'ftypmsf1'],
  ['mp4', 4, 'ftyp'],
  ['jxl', 0, '\xff\x0a'],
  ['jxl', 4, 'JXL \r\n'],
  ['jp2', 4, 'jP  \r\n'],
  ['bmp', 0, 'BM'],
  ['ico', 0, '\0\0\x01\0'],
  ['psd', 0, '8BPS'],
  ['exr', 0, 'v/1\x01'],
  ['pdf', 0, '%PDF-'],
];

const isSvg = (text: string): boolean =>
  /^(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|!DOCTYPE svg|svg)/i.test(text) && /<svg[\s>]/i.test(text);

/**
 * The format by the first {@link signatureBytes} of a file, never by its name: what is accepted, and the usual other formats so that
 * an error can name them. Null where nothing is recognised.
 */
export function detectFormat(beginning: Uint8Array): string | null {
  const text = Buffer.from(beginning).toString('latin1');
  const found = signatures.find(([, offset, signature]) => text.startsWith(signature, offset));
  return found?.[0] ?? (isSvg(text) ? 'svg' : null);
}

const stored: Record<StoredFormat, true> = { jpeg: true, png: true, webp: true };

export const isStoredFormat = (format: string | null): format is StoredFormat =>
  format !== null && Object.hasOwn(stored, format);
