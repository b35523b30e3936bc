import { isUtf8 } from 'node:buffer';

/** The text of bytes, or null if they are no UTF-8: a decoder that bears with it would store U+FFFD in the place of what it lost. */
export const utf8Text = (bytes: Buffer): string | null => (isUtf8(bytes) ? bytes.toString('utf8') : null);

const percentEscape = /%([0-9a-f]{2})/gi;

/** Whether the percent-escapes of a query or of an urlencoded form are UTF-8. Bytes are read as they came, one character each. */
export const isUtf8Form = (latin1: string): boolean =>
  !latin1.includes('%') ||
  isUtf8(
    Buffer.from(
      latin1.replace(percentEscape, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ),
  );

/** The query of a request's URL, without its `?`. */
export const queryOf = (url: string): string => (url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
