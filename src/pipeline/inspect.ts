import { open } from 'node:fs/promises';
import { rgbaToThumbHash } from 'thumbhash';
import { CorruptImageError, RenderTimeoutError, UnsupportedImageError } from '../domain/errors.js';
import { factsVersions, mimeTypeOf, type Placeholder, type StoredFormat } from '../domain/images/image.js';
import type { ByteSource, ImageFacts } from '../domain/ports.js';
import type { CleanFile, FileCleaner } from './clean-file.js';
import { codecError } from './codec-error.js';
import { conversionTo, convertColors } from './color/color-conversion.js';
import { type Container, checkExtent } from './container/container.js';
import { dominantColor } from './dominant-color.js';
import { type EmbeddedLimits, readEmbedded } from './embedded/read-embedded.js';
import { FileWindow } from './file-window.js';
import { fingerprintOf } from './fingerprint.js';
import { checkWholeGif } from './gif/check-whole-gif.js';
import { checkWholeJpeg } from './jpeg/check-whole-jpeg.js';
import { openImage, type PipelineLimits } from './open-image.js';
import { fromRaw } from './raw-image.js';
import { withSecondLook } from './second-look.js';
import { sharp, warningCount } from './sharp.js';
import { toSrgb } from './steps/convert-to-srgb.js';

/**
 * Decodes every row of every frame, which proves that a PNG, WebP or AVIF is whole, and keeps the first frame as a thumbnail. A decoder
 * that shrinks while it loads still reads the file to its end; `stats` would cost more and misses cut interlaced PNGs.
 */
async function decodeWhole(
  { file, container }: CleanFile,
  { frameCount }: ImageHeader,
  limits: PipelineLimits,
): Promise<Thumbnail> {
  const deadline = performance.now() + 1000 * limits.renderSeconds;
  const conversion = await conversionTo('srgb', container.deep, async () => undefined);
  const profile = conversion?.profile;
  const small = openImage(file, limits, { frameCount, all: true, ignoreProfile: Boolean(profile) }).resize(
    thumbnailSide,
    thumbnailSide,
    {
      fit: 'inside',
      withoutEnlargement: true,
    },
  );
  const converted = profile
    ? fromRaw(await convertColors(small, conversion, profile), { deadline })
    : toSrgb(small, conversion);
  const { data, info } = await converted.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const height = info.pageHeight ?? info.height;
  return { rgba: data.subarray(0, info.width * height * 4), width: info.width, height };
}

/** A decoder has the pixels of a file at once, in four channels. */
const decodedBytes = ({ width, height, frameCount }: ImageHeader): number => 4 * width * height * frameCount;

async function withWindow<Result>(file: ByteSource, read: (window: FileWindow) => Promise<Result>): Promise<Result> {
  if ('bytes' in file) return read(new FileWindow(file.bytes));
  const opened = await open(file.path);
  try {
    return await read(new FileWindow(opened));
  } finally {
    await opened.close();
  }
}

/** @see checkWholeJpeg */
const checkJpeg = (file: ByteSource, limits: PipelineLimits, readsData: boolean): Promise<boolean> =>
  withWindow(file, (window) => checkWholeJpeg(window, limits, { readsData }));

/** Decodes a file and proves that it has all of its pixels. */
async function decodeProven(clean: CleanFile, header: ImageHeader, limits: PipelineLimits): Promise<Thumbnail> {
  const { file, container } = clean;
  const decode = (): Promise<Thumbnail> =>
    withSecondLook(file, decodedBytes(header), (seen) => decodeWhole({ ...clean, file: seen }, header, limits));
  if (container.format === 'gif') await withWindow(file, (window) => checkWholeGif(window, limits));
  if (container.format !== 'jpeg') return decode();
  const isReadToEnd = await checkJpeg(file, limits, false);
  const warningsBefore = warningCount();
  const thumbnail = await decode();
  // the warning may be of missing data or of something harmless, in this file or in another
  if (!isReadToEnd || warningCount() > warningsBefore) await checkJpeg(file, limits, true);
  return thumbnail;
}

/**
 * Reads from a file everything that an image records about it. The file is decoded once.
 * @param formats The formats that are accepted.
 * @throws {UnsupportedImageError} {@link TooManyPixelsError} {@link CorruptImageError} {@link UnavailableError}
 */
export async function inspect(
  path: string,
  formats: readonly StoredFormat[] | undefined,
  cleaner: FileCleaner,
  limits: PipelineLimits & EmbeddedLimits,
): Promise<ImageFacts> {
  try {
    const clean = await cleaner.clean({ path }, null, formats);
    const header = await withSecondLook(clean.file, 0, (seen) => probe(seen, clean.container, limits));
    const thumbnail = await decodeProven(clean, header, limits);
    const embedded = await readEmbedded(path, clean.container.texts, limits);
    return {
      ...header,
      placeholder: await makePlaceholder(thumbnail),
      embedded,
      fingerprint: fingerprintOf(thumbnail),
      factsVersion: factsVersions[clean.container.format],
    };
  } catch (failure) {
    const error = codecError(failure, limits.renderSeconds);
    throw error instanceof RenderTimeoutError ? new CorruptImageError('it takes too long to decode') : error;
  }
}

/** What sharp calls each format. */
const decoderFormats = { jpeg: 'jpeg', png: 'png', webp: 'webp', avif: 'heif', gif: 'gif' } as const satisfies Record<
  StoredFormat,
  string
>;

/** The facts that are in the header of a file. */
type ImageHeader = Omit<ImageFacts, 'placeholder' | 'embedded' | 'fingerprint' | 'factsVersion'>;

/**
 * Reads a file's header and decodes nothing, so that no limit is passed before it is checked.
 * @throws {UnsupportedImageError} {@link TooManyPixelsError}, or what sharp throws
 */
async function probe(file: ByteSource, container: Container, limits: PipelineLimits): Promise<ImageHeader> {
  // too many pixels are refused below, in words that name the limit
  const image = sharp('path' in file ? file.path : file.bytes, { limitInputPixels: false });
  const { width, height, autoOrient, pages = 1, hasAlpha, format } = await image.metadata();
  if (format !== decoderFormats[container.format]) throw new UnsupportedImageError(format);

  // animations are not turned
  const extent = { ...(pages > 1 ? { width, height } : autoOrient), frameCount: pages };
  checkExtent(extent, limits);
  return { ...extent, hasAlpha, mimeType: mimeTypeOf(container.format) };
}

/** Straight (not premultiplied) sRGB pixels, four bytes each, row by row. */
interface Thumbnail {
  readonly rgba: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The longer side of a thumbnail in pixels, as much as a ThumbHash takes. */
const thumbnailSide = 100;

const tinySide = 16;

async function tinyDataUri({ rgba, width, height }: Thumbnail): Promise<string> {
  const tiny = await sharp(rgba, { raw: { width, height, channels: 4 } })
    .resize(tinySide, tinySide, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 40 })
    .toBuffer();
  return `data:image/webp;base64,${tiny.toString('base64')}`;
}

/** Creates the placeholder from a thumbnail of at most {@link thumbnailSide} pixels a side. */
async function makePlaceholder(thumbnail: Thumbnail): Promise<Placeholder> {
  const { rgba, width, height } = thumbnail;
  return {
    thumbhash: Buffer.from(rgbaToThumbHash(width, height, rgba)).toString('base64'),
    dataUri: await tinyDataUri(thumbnail),
    dominantColor: dominantColor(rgba),
  };
}
