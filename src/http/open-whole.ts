import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { NotFoundError } from '../domain/errors.js';

/**
 * The bytes of a file of the length that was promised: a shorter one would have the client wait for the rest, and take the next
 * answer for it.
 * @throws {NotFoundError} where the file went since it was located, as when the image is deleted just now.
 */
export const openWhole = async (path: string, byteSize: number): Promise<Readable> => {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new NotFoundError('The image is gone.') : error;
  });
  const { size } = await file.stat();
  if (size === byteSize) return file.createReadStream();
  await file.close();
  throw new Error(`The file ${path} has ${size} bytes in place of ${byteSize}.`);
};
