import { CorruptImageError, RenderTimeoutError } from '../domain/errors.js';
import type { ByteSource, ImageFacts } from '../domain/ports.js';
import type { FileCleaner } from './clean-file.js';
import { codecError } from './codec-error.js';
import { openPicture, type PipelineLimits } from './open-picture.js';
import { makePlaceholder, type Thumbnail, thumbnailSide } from './placeholder.js';
import { type PictureHeader, probe } from './probe.js';

/**
 * Decodes every row of every frame, which proves that the file is whole, and keeps the first frame in small. A decoder that shrinks
 * while it loads still reads the file to its end; `stats` would cost more and misses cut interlaced PNGs.
 */
async function decodeWhole(
  file: ByteSource,
  { frameCount }: PictureHeader,
  limits: PipelineLimits,
): Promise<Thumbnail> {
  const { data, info } = await openPicture(file, limits, { frameCount, all: true })
    .resize(thumbnailSide, thumbnailSide, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const height = info.pageHeight ?? info.height;
  return { rgba: data.subarray(0, info.width * height * 4), width: info.width, height };
}

/**
 * Reads from a file everything that an image records about it. The file is decoded once.
 * @throws {UnsupportedImageError} {@link TooManyPixelsError} {@link CorruptImageError}
 */
export async function inspect(path: string, cleaner: FileCleaner, limits: PipelineLimits): Promise<ImageFacts> {
  const clean = await cleaner.clean({ path }, null);
  const header = await probe(clean, limits);
  const thumbnail = await decodeWhole(clean.file, header, limits).catch((failure: unknown) => {
    const error = codecError(failure, limits.renderSeconds);
    throw error instanceof RenderTimeoutError ? new CorruptImageError('it takes too long to decode') : error;
  });
  return { ...header, placeholder: await makePlaceholder(thumbnail) };
}
