import type { Metadata } from 'sharp';
import { UnsupportedImageError } from '../domain/errors.js';
import { mimeTypeOf } from '../domain/image.js';
import type { ByteSource, ImageFacts } from '../domain/ports.js';
import type { CleanFile } from './clean-file.js';
import { codecError } from './codec-error.js';
import { checkExtent } from './container/check-extent.js';
import type { PipelineLimits } from './open-picture.js';
import { sharp } from './sharp.js';

/** The facts that are in the header of a file. */
export type PictureHeader = Omit<ImageFacts, 'placeholder'>;

async function readMetadata(file: ByteSource, limits: PipelineLimits): Promise<Metadata> {
  try {
    // Too many pixels are refused below, in words that name the limit.
    return await sharp('path' in file ? file.path : file.bytes, { limitInputPixels: false }).metadata();
  } catch (failure) {
    throw codecError(failure, limits.renderSeconds);
  }
}

/**
 * Reads a file's header and decodes nothing, so that no limit is passed before it is checked.
 * @throws {UnsupportedImageError} {@link TooManyPixelsError} {@link CorruptImageError}
 */
export async function probe({ file, container }: CleanFile, limits: PipelineLimits): Promise<PictureHeader> {
  const { width, height, autoOrient, pages = 1, hasAlpha, format } = await readMetadata(file, limits);
  if (format !== container.format) throw new UnsupportedImageError(format);

  // animations are not turned
  const extent = { ...(pages > 1 ? { width, height } : autoOrient), frameCount: pages };
  checkExtent(extent, limits);
  return { ...extent, hasAlpha, mimeType: mimeTypeOf(container.format) };
}
