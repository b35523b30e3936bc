import { InvalidInputError } from '../domain/errors.js';
import { asImageId, type Image } from '../domain/images/image.js';
import type { ImageOrder, ImagePosition } from '../domain/images/image-query.js';

/** The cursor of an image in a list: its position, and the order of the list. */
export const encodeCursor = (image: Image, { key }: ImageOrder): string => {
  const value = image[key];
  return Buffer.from(JSON.stringify([key, Number(value), image.id]), 'utf8').toString('base64url');
};

/** @throws {InvalidInputError} unless the text is a cursor of a list in this order. */
export const decodeCursor = (
  cursor: string | null | undefined,
  { key }: ImageOrder,
  argument: 'after' | 'before',
): ImagePosition | undefined => {
  if (cursor === null || cursor === undefined) return undefined;
  const [cursorKey, value, idText] = parse(cursor);
  const id = typeof idText === 'string' ? asImageId(idText) : undefined;
  const position = key === 'byteSize' ? Number(value) : new Date(Number(value));
  if (cursorKey !== key || !Number.isSafeInteger(value) || Number.isNaN(Number(position)) || !id) {
    throw InvalidInputError.at([argument], `Accepts a cursor of the same list in the same order (${key}).`);
  }
  return { value: position, id };
};

/** The cursor of an item in a list that is sorted by id. */
export const encodeIdCursor = ({ id }: { id: string }): string =>
  Buffer.from(JSON.stringify(['id', id]), 'utf8').toString('base64url');

/** @throws {InvalidInputError} unless the text is a cursor of a list that is sorted by id. */
export const decodeIdCursor = (cursor: string | null | undefined, argument: 'after' | 'before'): string | undefined => {
  if (cursor === null || cursor === undefined) return undefined;
  const [key, id] = parse(cursor);
  if (key === 'id' && typeof id === 'string') return id;
  throw InvalidInputError.at([argument], 'Accepts a cursor of the same list.');
};

const parse = (cursor: string): unknown[] => {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
};
