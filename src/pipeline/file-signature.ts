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

/** Whether a file says among the brands that it is compatible with (ISO/IEC 14496-12, section 4.3) that it is an AVIF. */
function isAvif(text: string): boolean {
  if (!text.startsWith('ftyp', 4)) return false;
  const brands = text.slice(8, Buffer.from(text.slice(0, 4), 'latin1').readUInt32BE(0));
  return /^(?:[\s\S]{4})*?avi[fs]/.test(brands);
}

/**
 * The format by the first {@link signatureBytes} of a file, never by its name: what is accepted, and the usual other formats so that
 * an error can name them. Null where nothing is recognised.
 */
export function detectFormat(beginning: Uint8Array): string | null {
  const text = Buffer.from(beginning).toString('latin1');
  if (isAvif(text)) return 'avif';
  const found = signatures.find(([, offset, signature]) => text.startsWith(signature, offset));
  return found?.[0] ?? (isSvg(text) ? 'svg' : null);
}
