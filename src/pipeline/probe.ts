import { type FileHandle, open } from 'node:fs/promises';
import type { Metadata } from 'sharp';
import { TooManyPixelsError, UnsupportedImageError } from '../domain/errors.js';
import { mimeTypeOf, type StoredFormat } from '../domain/image.js';
import type { ImageFacts } from '../domain/ports.js';
import { codecError } from './codec-error.js';
import { detectFormat, isStoredFormat, signatureBytes } from './file-signature.js';
import { checkJpegSegments } from './jpeg-segments.js';
import type { PipelineLimits } from './open-picture.js';
import { checkPngChunks, claimedPngSize } from './png-chunks.js';
import { sharp } from './sharp.js';

/** What the header of a file tells. */
export type PictureHeader = Omit<ImageFacts, 'placeholder'>;

interface Extent {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
}

function checkExtent(extent: Extent, limits: PipelineLimits): void {
  const { width, height, frameCount } = extent;
  const fits =
    Math.max(width, height) <= limits.sourceSide &&
    frameCount <= limits.sourceFrames &&
    width * height * frameCount <= limits.sourcePixels;
  if (!fits) throw new TooManyPixelsError(limits, extent);
}

async function readBeginning(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(signatureBytes), 0, signatureBytes, 0);
  return buffer.subarray(0, bytesRead);
}

/** Finds the small cuts and the floods of parts that the decoder would let pass. */
const checkStructure = {
  jpeg: checkJpegSegments,
  png: checkPngChunks,
  // The first chunk of a WebP has the length of the file, which its decoder checks; it keeps few of the others.
  webp: () => Promise.resolve(),
} satisfies Record<StoredFormat, (file: FileHandle) => Promise<void>>;

/** Tells by the first bytes what a file is, and refuses what the decoder would let pass or call by a wrong name. */
async function checkFile(file: FileHandle, limits: PipelineLimits): Promise<StoredFormat> {
  const beginning = await readBeginning(file);
  const format = detectFormat(beginning);
  if (!isStoredFormat(format)) throw new UnsupportedImageError(format);
  if (format === 'png') {
    // libvips calls a header without rows corrupt, whatever it claims: a decompression bomb is to be told its real fault.
    const claimed = claimedPngSize(beginning);
    if (claimed) checkExtent({ ...claimed, frameCount: 1 }, limits);
  }
  await checkStructure[format](file);
  return format;
}

async function readMetadata(path: string, limits: PipelineLimits): Promise<Metadata> {
  try {
    // Too many pixels are refused below, in words that name the limit.
    return await sharp(path, { limitInputPixels: false }).metadata();
  } catch (failure) {
    throw codecError(failure, limits.renderSeconds);
  }
}

/**
 * Reads what a file's header tells and decodes nothing, so that no limit is passed before it is checked.
 * @throws {UnsupportedImageError} {@link TooManyPixelsError} {@link CorruptImageError}
 */
export async function probe(path: string, limits: PipelineLimits): Promise<PictureHeader> {
  const file = await open(path);
  const format = await checkFile(file, limits).finally(() => file.close());
  const { width, height, autoOrient, pages = 1, hasAlpha, format: decodedAs } = await readMetadata(path, limits);
  if (decodedAs !== format) throw new UnsupportedImageError(decodedAs);

  // animations are not turned
  const extent = { ...(pages > 1 ? { width, height } : autoOrient), frameCount: pages };
  checkExtent(extent, limits);
  return { ...extent, hasAlpha, mimeType: mimeTypeOf(format) };
}
