import {
  CorruptImageError,
  DomainError,
  RenderTimeoutError,
  UnavailableError,
  UnsupportedImageError,
} from '../domain/errors.js';

/**
 * What decoders say of the bytes that they were given, with the client's message for it. Only these are errors of the file: whatever is not
 * here, such as a lack of file descriptors, memory or threads, is the server's.
 */
const saidOfBytes: readonly (readonly [pattern: RegExp, reason: string])[] = [
  // libpng reports its errors to nobody, and libvips has no more to say
  [/^Unknown error$|libpng read error|premature end|truncated|too few scanlines/i, 'it ends too early or is damaged'],
  [/corrupt header|unsupported image format|bad image dimensions|unable to parse image/i, 'its header is damaged'],
  [/exceeds (pixel|channel) limit/, 'its size is not what its header says'],
  [/unable to (read pixels|loop through frames)/, 'its data is damaged'],
  [
    /VipsJpeg: .*(bogus|corrupt|invalid|unsupported|not defined|empty JPEG|no image|inconsistent)/i,
    'its data is damaged',
  ],
  [/VipsJpeg: .*(not implemented|out of range|mismatch|not a JPEG|maximum supported)/i, 'its data is damaged'],
  [/Unexpected end of (GIF source data|file)/i, 'it ends too early or is damaged'],
  [/vipspng: |webp2vips: |webp: |heif: |gif: |pngload|jpegload|webpload|heifload|gifload/i, 'its data is damaged'],
];

/** A lack of something that the server needs, whatever else is said with it. */
const saidOfShortage =
  /system error|out of memory|memory allocation|insufficient memory|failed to allocate|bad_alloc|creating thread|unable to (open|mmap|map|create|write|seek|stat)/i;

/** sharp stopped at the time limit; whatever it had begun to write then fails too, and says so. */
const isTimeout = (failure: Error): boolean => /^timeout: /m.test(failure.message);

const isSystemError = (failure: Error): boolean => 'syscall' in failure || 'errno' in failure;

/** A lack of memory in Node itself. */
const isAllocationFailure = (failure: Error): boolean =>
  failure instanceof RangeError && /allocation|Array buffer|Invalid typed array length/i.test(failure.message);

/** Whether a failure is due to a lack of file descriptors, memory, threads or a working disk. */
const isShortage = (failure: Error): boolean =>
  isSystemError(failure) || isAllocationFailure(failure) || saidOfShortage.test(failure.message);

/**
 * Whether a failure may as well be due to a shortage: libvips says of a file that it can't open that it is of no known format, and the
 * decoder of WebP says the same of damaged pixels and of memory or a thread that it can't have.
 */
export const isInconclusive = (failure: unknown): boolean =>
  failure instanceof Error &&
  !(failure instanceof DomainError) &&
  !isTimeout(failure) &&
  (saidOfShortage.test(failure.message) ||
    /unsupported image format|corrupt header:\s*$|^Unknown error$|unable to read pixels/.test(failure.message));

export const shortage = (cause: unknown): UnavailableError =>
  new UnavailableError('The server cannot process the image now. Try again in a moment.', 2, { cause });

/**
 * Classifies a failure of the pipeline. The decoder's own words name files, functions and library versions, so a client sees none of
 * them; they are kept as the cause.
 * @returns {@link RenderTimeoutError}, {@link CorruptImageError}, {@link UnavailableError}, or the failure itself if it is none of
 *   these: a missing file, or a defect of this server
 */
export function codecError(failure: unknown, timeoutSeconds: number): unknown {
  if (failure instanceof DomainError || !(failure instanceof Error)) return failure;
  if (isTimeout(failure)) return new RenderTimeoutError(timeoutSeconds);
  if (isAbsence(failure)) return failure;
  if (isShortage(failure)) return shortage(failure);
  const reason = saidOfBytes.find(([pattern]) => pattern.test(failure.message))?.[1];
  return reason ? new CorruptImageError(reason, { cause: failure }) : failure;
}

/** Whether there is no file where an image should be. */
export const isAbsence = (failure: unknown): boolean =>
  failure instanceof Error &&
  (failure.message.startsWith('Input file is missing') || ('code' in failure && failure.code === 'ENOENT'));

/** Whether the bytes themselves are at fault. */
export const isOfBytes = (failure: unknown): boolean =>
  failure instanceof CorruptImageError || failure instanceof UnsupportedImageError;
