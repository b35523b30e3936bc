import { UnsupportedImageError } from '../domain/errors.js';
import { mimeTypeOf } from '../domain/images/image.js';
import type { ByteSource, ImageFacts } from '../domain/ports.js';
import { checkExtent } from './container/check-extent.js';
import type { Container } from './container/container.js';
import type { PipelineLimits } from './open-image.js';
import { sharp } from './sharp.js';

/** The facts that are in the header of a file. */
export type ImageHeader = Omit<ImageFacts, 'placeholder'>;

/**
 * Reads a file's header and decodes nothing, so that no limit is passed before it is checked.
 * @throws {UnsupportedImageError} {@link TooManyPixelsError}, or what sharp throws
 */
export async function probe(file: ByteSource, container: Container, limits: PipelineLimits): Promise<ImageHeader> {
  // too many pixels are refused below, in words that name the limit
  const image = sharp('path' in file ? file.path : file.bytes, { limitInputPixels: false });
  const { width, height, autoOrient, pages = 1, hasAlpha, format } = await image.metadata();
  if (format !== container.format) throw new UnsupportedImageError(format);

  // animations are not turned
  const extent = { ...(pages > 1 ? { width, height } : autoOrient), frameCount: pages };
  checkExtent(extent, limits);
  return { ...extent, hasAlpha, mimeType: mimeTypeOf(container.format) };
}
