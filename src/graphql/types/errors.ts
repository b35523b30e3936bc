import {
  ConflictError,
  CorruptImageError,
  type DomainError,
  DuplicateImageError,
  type ErrorCode,
  errorCodes,
  FetchFailedError,
  ForbiddenError,
  ImageLimitReachedError,
  ImageTooLargeError,
  type InputIssue,
  InvalidInputError,
  MetalImageInUseError,
  NotFoundError,
  StorageFullError,
  TooManyPixelsError,
  UnsupportedImageError,
  UploadLimitReachedError,
  WebhookLimitReachedError,
} from '../../domain/errors.js';
import { builder } from '../builder.js';
import { ImageRef } from './image-ref.js';
import { MetalImageRef } from './metal-image-ref.js';

const descriptions = {
  CONFLICT:
    'The metal image exists already, or has changed since it was read. In `errors`: others changed the same object each time that the change ' +
    'was tried, and the header Retry-After says when to try again.',
  CORRUPT_IMAGE: 'The file cannot be decoded.',
  CURSOR_EXPIRED:
    'The changes after the cursor are no longer kept, or the cursor is from another database: read everything again.',
  DUPLICATE_IMAGE: 'The account already has an image with the same bytes.',
  FETCH_FAILED: 'The file at the URL could not be fetched.',
  FORBIDDEN: 'The key does not allow the operation.',
  IMAGE_LIMIT_REACHED: 'The account has the maximum number of images.',
  IMAGE_TOO_LARGE: 'The file has too many bytes.',
  INVALID_INPUT: 'A value of the input is not accepted.',
  METAL_IMAGE_IN_USE: 'Machines run the metal image.',
  NOT_ACCEPTABLE: 'The image cannot be converted to any of the accepted types.',
  NOT_FOUND: 'The object does not exist, or is not visible to the key.',
  QUERY_TIMEOUT: 'The query took too long and was stopped. The message names its expensive parts.',
  RATE_LIMITED:
    'Too many requests with this key or from this address, or too many with an invalid key. The header Retry-After says when to try again.',
  RENDER_TIMEOUT: 'The variant took too long to render.',
  STORAGE_FULL: 'The disk of the server is full.',
  TOO_MANY_PIXELS: 'The image has too many pixels.',
  UNAUTHENTICATED: 'The key is missing or invalid.',
  UNAVAILABLE:
    'The server is at capacity, or its database is locked. The same request may succeed later; the header Retry-After says when.',
  UNSUPPORTED_IMAGE: 'The file is not a PNG, JPEG, WebP, AVIF or GIF.',
  UPLOAD_LIMIT_REACHED: 'The account has the maximum number of staged uploads.',
  WEBHOOK_LIMIT_REACHED: 'The account has the maximum number of webhooks.',
} as const satisfies Record<ErrorCode, string>;

const ErrorCodeRef = builder.enumType('ErrorCode', {
  description: 'The kinds of errors. A code never changes its meaning.',
  values: Object.fromEntries(errorCodes.map((code) => [code, { value: code, description: descriptions[code] }])) as {
    [Code in ErrorCode]: { value: Code; description: string };
  },
});

const ErrorRef = builder.interfaceRef<DomainError>('Error').implement({
  description: 'An error that a client should expect, as a member of the result of a mutation.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What is wrong and what is accepted, in English.' }),
    code: t.expose('code', { type: ErrorCodeRef, description: 'The kind of the error.' }),
  }),
});

const IssueRef = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'A problem with one value of the input.',
  fields: (t) => ({
    path: t.exposeStringList('path', {
      description: 'The names of the fields that lead to the value, from the outside in.',
    }),
    message: t.exposeString('message', { description: 'What is accepted.' }),
  }),
});

builder.objectType(DuplicateImageError, {
  name: 'DuplicateImageError',
  description: 'The account already has an image with the same bytes.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    existing: t.expose('existing', {
      type: ImageRef,
      description: 'The image that has these bytes. It may be disabled.',
    }),
  }),
});

builder.objectType(ImageTooLargeError, {
  name: 'ImageTooLargeError',
  description: 'The file has too many bytes.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    limitBytes: t.expose('limitBytes', {
      type: 'SafeInt',
      description: 'The size of the largest accepted file, in bytes.',
    }),
  }),
});

builder.objectType(TooManyPixelsError, {
  name: 'TooManyPixelsError',
  description: 'The image has too many pixels.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    limitPixels: t.expose('limitPixels', {
      type: 'SafeInt',
      description: 'The largest accepted number of pixels of all frames together.',
    }),
    limitSide: t.exposeInt('limitSide', { description: 'The longest accepted side in pixels.' }),
    limitFrames: t.exposeInt('limitFrames', { description: 'The largest accepted number of frames.' }),
  }),
});

builder.objectType(UnsupportedImageError, {
  name: 'UnsupportedImageError',
  description: 'The file is not a PNG, JPEG, WebP, AVIF or GIF, judged by its bytes and not by its name.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    detected: t.exposeString('detected', {
      nullable: true,
      description: 'The detected format, such as `tiff`; null if it was not recognized.',
    }),
  }),
});

builder.objectType(CorruptImageError, {
  name: 'CorruptImageError',
  description: 'The file cannot be decoded, for example because it is incomplete.',
  interfaces: [ErrorRef],
  fields: (t) => ({ reason: t.exposeString('reason', { description: 'Why the file cannot be decoded.' }) }),
});

builder.objectType(ImageLimitReachedError, {
  name: 'ImageLimitReachedError',
  description: 'The account has the maximum number of images.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    limitImages: t.exposeInt('limitImages', { description: 'The maximum number of images of an account.' }),
  }),
});

builder.objectType(StorageFullError, {
  name: 'StorageFullError',
  description: 'The disk of the server is full. Images can still be deleted, and their metadata can be changed.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    headRoomBytes: t.expose('headRoomBytes', {
      type: 'SafeInt',
      description: 'The number of bytes that uploads leave free on the disk.',
    }),
  }),
});

builder.objectType(WebhookLimitReachedError, {
  name: 'WebhookLimitReachedError',
  description: 'The account has the maximum number of webhooks.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    limitWebhooks: t.exposeInt('limitWebhooks', { description: 'The maximum number of webhooks of an account.' }),
  }),
});

builder.objectType(UploadLimitReachedError, {
  name: 'UploadLimitReachedError',
  description: 'The account has as many staged uploads as it may have.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    limitUploads: t.exposeInt('limitUploads', {
      description: 'The most uploads that an account may have that are neither used nor expired.',
    }),
  }),
});

builder.objectType(FetchFailedError, {
  name: 'FetchFailedError',
  description: 'The file at the URL could not be fetched.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    reason: t.exposeString('reason', { description: 'Why, as a clause in English.' }),
    status: t.exposeInt('status', {
      nullable: true,
      description: 'The HTTP status that the host responded with; null if it did not respond.',
    }),
  }),
});

builder.objectType(ConflictError, {
  name: 'ConflictError',
  description: 'The metal image exists already, or has changed since it was read.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    current: t.expose('current', { type: MetalImageRef, description: 'The metal image as it is now.' }),
  }),
});

builder.objectType(MetalImageInUseError, {
  name: 'MetalImageInUseError',
  description: 'The metal image cannot be deleted while machines run it.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    machineIds: t.stringList({
      description: 'The ids of the machines that run it.',
      resolve: ({ machineIds }) => [...machineIds],
    }),
  }),
});

builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  description: 'One or more values of the input are not accepted.',
  interfaces: [ErrorRef],
  fields: (t) => ({ issues: t.expose('issues', { type: [IssueRef], description: 'One entry for each problem.' }) }),
});

builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description: 'The object does not exist, or is not visible to the key.',
  interfaces: [ErrorRef],
});

builder.objectType(ForbiddenError, {
  name: 'ForbiddenError',
  description: 'The key does not allow the operation.',
  interfaces: [ErrorRef],
});

/** The errors of every mutation. */
export const commonErrors = [InvalidInputError, ForbiddenError];

/** The errors of every uploaded file. */
export const uploadErrors = [
  ImageTooLargeError,
  TooManyPixelsError,
  UnsupportedImageError,
  CorruptImageError,
  StorageFullError,
];

/** The errors of a file for an image without an address. */
export const fileErrors = [DuplicateImageError, ...uploadErrors];
