import { type Image, type Sha256, type StoredFormat, storedFormats } from './images/image.js';
import type { Limits } from './limits.js';
import type { MetalImage, MetalProblem } from './metal/metal-image.js';

/** One problem of an input: where it is and what is accepted there. */
export interface InputIssue {
  /** Names of the fields that lead to the value, from the outside in. */
  readonly path: readonly string[];
  readonly message: string;
  /** Set where a transport has its own words for what the message says. */
  readonly problem?: MetalProblem;
}

export const errorCodes = [
  'CONFLICT',
  'CORRUPT_IMAGE',
  'CURSOR_EXPIRED',
  'DUPLICATE_IMAGE',
  'FETCH_FAILED',
  'FORBIDDEN',
  'IMAGE_LIMIT_REACHED',
  'IMAGE_TOO_LARGE',
  'INVALID_INPUT',
  'METAL_IMAGE_IN_USE',
  'NOT_ACCEPTABLE',
  'NOT_FOUND',
  'QUERY_TIMEOUT',
  'RATE_LIMITED',
  'RENDER_TIMEOUT',
  'STORAGE_FULL',
  'TOO_MANY_PIXELS',
  'UNAUTHENTICATED',
  'UNAVAILABLE',
  'UNSUPPORTED_IMAGE',
  'UPLOAD_LIMIT_REACHED',
  'WEBHOOK_LIMIT_REACHED',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** A failure that is part of the product: expected, named, and safe to show to the caller. */
export abstract class DomainError extends Error {
  abstract readonly code: ErrorCode;
  /** @param options The cause, which is for the log alone. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * The stored bytes of an image are missing or not the ones that were uploaded: a failure of the server, which clients see masked and
 * the log names.
 */
export class DamagedOriginalError extends Error {
  override readonly name = 'DamagedOriginalError';
  constructor(
    readonly sha256: Sha256,
    damage: string,
    options?: ErrorOptions,
  ) {
    super(`The stored original ${sha256} ${damage}. \`npm run verify\` lists every damaged original.`, options);
  }
}

/** The account already has an image with these bytes. */
export class DuplicateImageError extends DomainError {
  readonly code = 'DUPLICATE_IMAGE';
  constructor(readonly existing: Image) {
    super(
      `The account already has this image: ${existing.id}${existing.disabledOn ? ', which is disabled' : ''}. ` +
        'Use that image, or upload different bytes.',
    );
  }
}

/** The file at a URL could not be fetched. */
export class FetchFailedError extends DomainError {
  readonly code = 'FETCH_FAILED';
  /**
   * @param reason A clause about the file, such as `it took longer than 20 seconds`.
   * @param status The status of the last response, if there was one.
   */
  constructor(
    readonly reason: string,
    readonly status: number | null,
    options?: ErrorOptions,
  ) {
    super(`The file could not be fetched: ${reason}.`, options);
  }
}

export class ImageTooLargeError extends DomainError {
  readonly code = 'IMAGE_TOO_LARGE';
  constructor(readonly limitBytes: number) {
    super(`The file is larger than ${limitBytes} bytes, the most that an image may have.`);
  }
}

export class TooManyPixelsError extends DomainError {
  readonly code = 'TOO_MANY_PIXELS';
  readonly limitPixels: number;
  readonly limitSide: number;
  readonly limitFrames: number;
  constructor(
    { sourcePixels, sourceSide, sourceFrames }: Pick<Limits, 'sourcePixels' | 'sourceSide' | 'sourceFrames'>,
    found: { width: number; height: number; frameCount: number },
  ) {
    const frames = found.frameCount > 1 ? ` in ${found.frameCount} frames` : '';
    super(
      `The image has ${found.width} x ${found.height} pixels${frames}. At most ${sourcePixels} pixels are accepted, ` +
        `all frames together, at most ${sourceSide} on a side, and at most ${sourceFrames} frames.`,
    );
    this.limitPixels = sourcePixels;
    this.limitSide = sourceSide;
    this.limitFrames = sourceFrames;
  }
}

/** The name of a format in a sentence: those of one word are acronyms. */
const nameOf = (format: string): string =>
  format === 'webp' ? 'WebP' : format.includes(' ') ? format : format.toUpperCase();

const withArticle = (name: string): string => `${/^(?:[AEIO]|SVG)/.test(name) ? 'an' : 'a'} ${name}`;

/** `A, B and C` */
const listed = (names: readonly string[]): string => `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

export class UnsupportedImageError extends DomainError {
  readonly code = 'UNSUPPORTED_IMAGE';
  /**
   * @param detected What the bytes look like, such as `tiff` or `CgBI PNG`, or null if nothing is recognised.
   * @param accepted The formats that are accepted where the file was sent.
   */
  constructor(
    readonly detected: string | null,
    accepted: readonly StoredFormat[] = storedFormats,
  ) {
    super(
      `${detected ? `The file is ${withArticle(nameOf(detected))}` : 'The file is not an image that is known here'}. ` +
        `${listed(accepted.map(nameOf))} are accepted.`,
    );
  }
}

export class CorruptImageError extends DomainError {
  readonly code = 'CORRUPT_IMAGE';
  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`The image cannot be decoded: ${reason}. Send the whole file again, or export it again.`, options);
  }
}

export class InvalidInputError extends DomainError {
  readonly code = 'INVALID_INPUT';
  constructor(readonly issues: readonly InputIssue[]) {
    super(issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join(' '));
  }
  static at(path: readonly string[], message: string): InvalidInputError {
    return new InvalidInputError([{ path, message }]);
  }
  /** The same error of an input that is a part of another one. */
  within(path: readonly string[]): InvalidInputError {
    return new InvalidInputError(this.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })));
  }
}

export class NotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
}

export class ForbiddenError extends DomainError {
  readonly code = 'FORBIDDEN';
}

/** The caller has not authenticated: a key is missing, or the one that was sent is not valid. */
export class UnauthenticatedError extends DomainError {
  readonly code = 'UNAUTHENTICATED';
}

export class ImageLimitReachedError extends DomainError {
  readonly code = 'IMAGE_LIMIT_REACHED';
  constructor(readonly limitImages: number) {
    super(`The account has ${limitImages} images, the most that it may have. Delete one first.`);
  }
}

/** The account has as many staged uploads as it may have. */
export class UploadLimitReachedError extends DomainError {
  readonly code = 'UPLOAD_LIMIT_REACHED';
  constructor(
    readonly limitUploads: number,
    expirySeconds: number,
  ) {
    super(
      `The account may have ${limitUploads} uploads that are neither used nor expired. Use some of them, or wait: each expires ` +
        `${expirySeconds / 60} minutes after it was created.`,
    );
  }
}

export class WebhookLimitReachedError extends DomainError {
  readonly code = 'WEBHOOK_LIMIT_REACHED';
  constructor(readonly limitWebhooks: number) {
    super(`The account has ${limitWebhooks} webhooks, the most that it may have. Delete one first.`);
  }
}

/** The metal image exists already, or was changed since the caller read it. */
export class ConflictError extends DomainError {
  readonly code = 'CONFLICT';
  /** @param current The image as it is now. */
  constructor(
    message: string,
    readonly current: MetalImage,
  ) {
    super(message);
  }
}

/** Changes after a cursor are no longer in the journal, or the cursor is from another database. */
export class CursorExpiredError extends DomainError {
  readonly code = 'CURSOR_EXPIRED';
  /** @param cursor The position of the newest change. */
  constructor(cursor: string) {
    super(
      `The cursor is older than the changes that are kept, or from another database. Read everything again, then go on from the cursor ${cursor}.`,
    );
  }
}

/** Others kept changing the same thing, or have taken what this needs, however often the write was tried. */
export class WriteConflictError extends DomainError {
  readonly code = 'CONFLICT';
  readonly retryAfterSeconds = 1;
}

/** A metal image cannot go while machines run on it. */
export class MetalImageInUseError extends DomainError {
  readonly code = 'METAL_IMAGE_IN_USE';
  constructor(
    readonly imageId: string,
    readonly machineIds: readonly string[],
  ) {
    super(`Machines use the metal image ${imageId}: ${machineIds.join(', ')}.`);
  }
}

/** This image cannot be rendered in any of the formats that the client accepts. */
export class NotAcceptableError extends DomainError {
  readonly code = 'NOT_ACCEPTABLE';
}

export class RenderTimeoutError extends DomainError {
  readonly code = 'RENDER_TIMEOUT';
  constructor(
    private readonly limitSeconds: number,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(`The variant took longer than ${limitSeconds} seconds to render. Request a smaller one.`);
  }
  /** The same error, with how long the same request gets it at once. */
  retryIn(seconds: number): RenderTimeoutError {
    return new RenderTimeoutError(this.limitSeconds, seconds);
  }
}

/** A read that no index serves took too long, and was stopped. */
export class QueryTimeoutError extends DomainError {
  readonly code = 'QUERY_TIMEOUT';
  /** @param costly What makes it so, such as the names of filters. */
  constructor(
    readonly limitSeconds: number,
    readonly costly: readonly string[],
  ) {
    super(
      `The query took longer than ${limitSeconds} seconds and was stopped. Costly in it: ${costly.join(', ')}. ` +
        'Leave that out, or narrow the query by a range of createdOn, updatedOn or byteSize.',
    );
  }
}

/** The client's address has sent too many keys that are not valid. */
export class TooManyAttemptsError extends DomainError {
  readonly code = 'RATE_LIMITED';
  constructor(
    limit: number,
    readonly retryAfterSeconds: number,
  ) {
    super(
      `More than ${limit} requests a minute from this address had credentials that are not valid. ` +
        `Check the key, and try again in ${retryAfterSeconds} seconds. Requests with a valid key are served meanwhile.`,
    );
  }
}

/** The disk has no room for more: uploads are refused while deletes and changes of metadata go on. */
export class StorageFullError extends DomainError {
  readonly code = 'STORAGE_FULL';
  /** @param headRoomBytes What stays free for everything else. */
  constructor(
    readonly headRoomBytes: number,
    options?: ErrorOptions,
  ) {
    super(
      `The server's storage is full: uploads must leave ${headRoomBytes} bytes free. Images can still be deleted and their ` +
        'metadata changed. Upload again when the operator has made room.',
      options,
    );
  }
}

/** The server has as much work as it accepts, or lacks something for it; the same request may succeed later. */
export class UnavailableError extends DomainError {
  readonly code = 'UNAVAILABLE';
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whether the error says when the same request may be made again. */
export const isRetryable = (error: unknown): error is DomainError & { readonly retryAfterSeconds: number } =>
  error instanceof DomainError && 'retryAfterSeconds' in error && error.retryAfterSeconds !== null;
