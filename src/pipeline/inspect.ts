import { CorruptImageError, RenderTimeoutError } from '../domain/errors.js';
import type { ImageFacts } from '../domain/ports.js';
import type { CleanFile, FileCleaner } from './clean-file.js';
import { codecError } from './codec-error.js';
import { deepColor, deepToSrgb } from './color/deep-color.js';
import { openPicture, type PipelineLimits } from './open-picture.js';
import { makePlaceholder, type Thumbnail, thumbnailSide } from './placeholder.js';
import { type PictureHeader, probe } from './probe.js';
import { fromRaw } from './raw-picture.js';
import { withSecondLook } from './second-look.js';
import { toSrgb } from './steps/convert-to-srgb.js';

/**
 * Decodes every row of every frame, which proves that the file is whole, and keeps the first frame in small. A decoder that shrinks
 * while it loads still reads the file to its end; `stats` would cost more and misses cut interlaced PNGs.
 */
async function decodeWhole(
  { file, container }: CleanFile,
  { frameCount }: PictureHeader,
  limits: PipelineLimits,
): Promise<Thumbnail> {
  const deadline = performance.now() + 1000 * limits.renderSeconds;
  const deep = deepColor(container.pngColor);
  const profile = deep?.profile;
  const small = openPicture(file, limits, { frameCount, all: true, ignoreProfile: Boolean(profile) }).resize(
    thumbnailSide,
    thumbnailSide,
    {
      fit: 'inside',
      withoutEnlargement: true,
    },
  );
  const converted = profile ? fromRaw(await deepToSrgb(small, deep.space, profile), { deadline }) : toSrgb(small, deep);
  const { data, info } = await converted.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const height = info.pageHeight ?? info.height;
  return { rgba: data.subarray(0, info.width * height * 4), width: info.width, height };
}

/** A decoder has the pixels of a file at once, in four channels. */
const decodedBytes = ({ width, height, frameCount }: PictureHeader): number => 4 * width * height * frameCount;

/**
 * Reads from a file everything that an image records about it. The file is decoded once.
 * @throws {UnsupportedImageError} {@link TooManyPixelsError} {@link CorruptImageError} {@link UnavailableError}
 */
export async function inspect(path: string, cleaner: FileCleaner, limits: PipelineLimits): Promise<ImageFacts> {
  try {
    const { file, container } = await cleaner.clean({ path }, null);
    const header = await withSecondLook(file, 0, (seen) => probe(seen, container, limits));
    const thumbnail = await withSecondLook(file, decodedBytes(header), (seen) =>
      decodeWhole({ file: seen, container }, header, limits),
    );
    return { ...header, placeholder: await makePlaceholder(thumbnail) };
  } catch (failure) {
    const error = codecError(failure, limits.renderSeconds);
    throw error instanceof RenderTimeoutError ? new CorruptImageError('it takes too long to decode') : error;
  }
}
