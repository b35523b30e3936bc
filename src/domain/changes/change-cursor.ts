import type { ChangeCursor } from './changes.js';

/** The form in which clients get a cursor. */
export const encodeChangeCursor = ({ store, seq }: ChangeCursor): string =>
  Buffer.from(JSON.stringify([store, seq]), 'utf8').toString('base64url');

/** Null for text that is not a cursor of any database. */
export const decodeChangeCursor = (text: string): ChangeCursor | null => {
  try {
    const [store, seq]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const isCursor = typeof store === 'string' && Number.isSafeInteger(seq) && Number(seq) >= 0;
    return isCursor ? { store, seq: Number(seq) } : null;
  } catch {
    return null;
  }
};
