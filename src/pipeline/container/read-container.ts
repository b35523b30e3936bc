import { UnsupportedImageError } from '../../domain/errors.js';
import type { StoredFormat } from '../../domain/images/image.js';
import { detectFormat, isStoredFormat, signatureBytes } from '../file-signature.js';
import type { FileWindow } from '../file-window.js';
import type { Container, ContainerLimits } from './container.js';
import { readJpeg } from './jpeg-container.js';
import { readPng } from './png-container.js';
import { readWebp } from './webp-container.js';

const readers = { jpeg: readJpeg, png: readPng, webp: readWebp } satisfies Record<
  StoredFormat,
  (window: FileWindow, limits: ContainerLimits) => Promise<Container>
>;

/** The format of a file by its first bytes. @throws {UnsupportedImageError} */
async function readFormat(window: FileWindow): Promise<StoredFormat> {
  const format = detectFormat((await window.from(0, signatureBytes)).subarray(0, signatureBytes));
  if (!isStoredFormat(format)) throw new UnsupportedImageError(format);
  return format;
}

/**
 * Walks a file from its first byte to its end without a decoder, and finds what must not reach one.
 * @throws {UnsupportedImageError} {@link CorruptImageError} {@link TooManyPixelsError}
 */
export const readContainer = async (window: FileWindow, limits: ContainerLimits): Promise<Container> =>
  readers[await readFormat(window)](window, limits);
