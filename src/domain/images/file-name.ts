import { InvalidInputError } from '../errors.js';
import { extensionOf, formatOf, type Image, type MimeType, type StoredMimeType } from './image.js';

/** Control characters, lone surrogates, and the marks that make a name read backwards (`exe.png` for `gnp.exe`). */
const undisplayable = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu;

/** The name that a browser gives to a file without one. */
const namelessBlob = 'blob';

/**
 * The name of an uploaded file as it is kept: without folders and without characters that cannot be displayed, cut before its
 * extension to `maxBytes` of UTF-8. Null if nothing is left of it.
 */
export const cleanFileName = (text: string, maxBytes: number): string | null => {
  const name = (text.split(/[/\\]/).at(-1) ?? '').replaceAll(undisplayable, '').trim();
  if (name === namelessBlob || /^\.*$/.test(name)) return null;
  const [extension = ''] = /\.\w{1,8}$/.exec(name) ?? [];
  const stem = name.slice(0, name.length - extension.length);
  return `${cut(stem, maxBytes - extension.length)}${extension}`;
};

/** The first characters of a text that fit into a number of bytes. */
const cut = (text: string, maxBytes: number): string => {
  let bytes = 0;
  let length = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    length += character.length;
  }
  return text.slice(0, length);
};

/** @throws {InvalidInputError} for a name that an upload would not keep as it is. */
export const checkFileName = (name: string | null | undefined, maxBytes: number): void => {
  if (name === null || name === undefined || cleanFileName(name, maxBytes) === name) return;
  throw InvalidInputError.at(
    ['fileName'],
    `Accepts the name of a file, at most ${maxBytes} bytes of UTF-8, without folders, control characters, characters that ` +
      'change the direction of writing, and spaces at its ends.',
  );
};

const urlExtensions = { jpeg: 'jpg', png: 'png', webp: 'webp', avif: 'avif', gif: 'webp' } as const;

const imageExtension = /\.(?:avif|bmp|gif|heic|jfif|jpe?g|png|svg|tiff?|webp)$/i;

/** The name without its extension, if that is one of an image; empty if the image has no name. */
const stemOf = ({ fileName }: Pick<Image, 'fileName'>): string => fileName?.replace(imageExtension, '') ?? '';

/** The name under which the stored file is saved. Its extension is that of its format, whatever the client called it. */
export const savedNameOf = (image: Pick<Image, 'fileName' | 'publicId' | 'mimeType'>): string =>
  `${stemOf(image) || image.publicId}${extensionOf(image.mimeType)}`;

/**
 * The name as the last segment of a URL that serves a media type, with a slash before it; empty if the image has no name. No URL serves
 * a GIF: browsers get a WebP from it.
 */
export const nameInUrl = (image: Pick<Image, 'fileName'>, mimeType: MimeType | StoredMimeType): string => {
  const stem = stemOf(image);
  if (!stem) return '';
  const format = formatOf(mimeType);
  return `/${encodeSegment(stem)}.${urlExtensions[format]}`;
};

/** Also what `encodeURIComponent` leaves, as a quote and a parenthesis would end the URL in HTML and CSS. */
const encodeSegment = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
