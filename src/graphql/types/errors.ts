import {
  ConflictError,
  CorruptImageError,
  type DomainError,
  DuplicateImageError,
  type ErrorCode,
  errorCodes,
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
} from '../../domain/errors.js';
import { builder } from '../builder.js';
import { ImageRef } from './image-ref.js';
import { MetalImageRef } from './metal-image-ref.js';

const descriptions = {
  CONFLICT: 'The thing is there already, or was changed since it was read.',
  CORRUPT_IMAGE: 'The file cannot be decoded.',
  DUPLICATE_IMAGE: 'The account already has an image with the same bytes.',
  FORBIDDEN: 'The key does not allow it.',
  IMAGE_LIMIT_REACHED: 'The account has as many images as it may have.',
  IMAGE_TOO_LARGE: 'The file has too many bytes.',
  INVALID_INPUT: 'A value of the input is not accepted.',
  METAL_IMAGE_IN_USE: 'Machines run on the metal image.',
  NOT_ACCEPTABLE: 'None of the accepted types can be made of the image.',
  RATE_LIMITED: 'Too many requests from this address had a key that is not valid.',
  NOT_FOUND: 'There is no such thing, or not for this key.',
  QUERY_TIMEOUT: 'The query took too long and was stopped; the message names what is costly in it.',
  RENDER_TIMEOUT: 'The variant took too long to make.',
  STORAGE_FULL: 'The disk of the server has no room for more.',
  TOO_MANY_PIXELS: 'The image has too many pixels.',
  UNAUTHENTICATED: 'A key is missing, or the one that was sent is not good.',
  UNAVAILABLE:
    'The server has as much work as it accepts, or its database is locked; the same request may succeed later.',
  UNSUPPORTED_IMAGE: 'The file is not a PNG, JPEG or WebP.',
} as const satisfies Record<ErrorCode, string>;

const ErrorCodeRef = builder.enumType('ErrorCode', {
  description: 'The kinds of failures; a code never changes its meaning.',
  values: Object.fromEntries(errorCodes.map((code) => [code, { value: code, description: descriptions[code] }])) as {
    [Code in ErrorCode]: { value: Code; description: string };
  },
});

const ErrorRef = builder.interfaceRef<DomainError>('Error').implement({
  description: 'A failure that was expected.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What was wrong and what is accepted, for a person.' }),
    code: t.expose('code', { type: ErrorCodeRef, description: 'The kind of failure, for a program.' }),
  }),
});

const IssueRef = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'One fault of an input.',
  fields: (t) => ({
    path: t.exposeStringList('path', { description: 'The names of the fields that lead to the value.' }),
    message: t.exposeString('message', { description: 'What is accepted there.' }),
  }),
});

builder.objectType(DuplicateImageError, {
  name: 'DuplicateImageError',
  description: 'The account already has an image with the same bytes.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    existing: t.expose('existing', {
      type: ImageRef,
      description: 'The image that has these bytes; it may be disabled.',
    }),
  }),
});

builder.objectType(ImageTooLargeError, {
  name: 'ImageTooLargeError',
  description: 'The file has too many bytes.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    limitBytes: t.expose('limitBytes', { type: 'SafeInt', description: 'The bytes that a file may have.' }),
  }),
});

builder.objectType(TooManyPixelsError, {
  name: 'TooManyPixelsError',
  description: 'The image has too many pixels.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    limitPixels: t.expose('limitPixels', {
      type: 'SafeInt',
      description: 'The pixels that an image may have, all frames together.',
    }),
    limitSide: t.exposeInt('limitSide', { description: 'The pixels that a side may have.' }),
    limitFrames: t.exposeInt('limitFrames', { description: 'The frames that an image may have.' }),
  }),
});

builder.objectType(UnsupportedImageError, {
  name: 'UnsupportedImageError',
  description: 'The file is not a PNG, JPEG or WebP. Its bytes decide, not its name.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    detected: t.exposeString('detected', {
      nullable: true,
      description: 'What the bytes look like, such as `gif`; null where nothing is recognised.',
    }),
  }),
});

builder.objectType(CorruptImageError, {
  name: 'CorruptImageError',
  description: 'The file cannot be decoded, as when its end is missing.',
  interfaces: [ErrorRef],
  fields: (t) => ({ reason: t.exposeString('reason', { description: 'What the decoder stumbled over.' }) }),
});

builder.objectType(ImageLimitReachedError, {
  name: 'ImageLimitReachedError',
  description: 'The account has as many images as it may have.',
  interfaces: [ErrorRef],
  fields: (t) => ({ limitImages: t.exposeInt('limitImages', { description: 'The images that an account may have.' }) }),
});

builder.objectType(StorageFullError, {
  name: 'StorageFullError',
  description: 'The disk of the server has no room for more. Images can still be deleted and their metadata changed.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    headRoomBytes: t.expose('headRoomBytes', {
      type: 'SafeInt',
      description: 'The bytes that uploads leave free.',
    }),
  }),
});

builder.objectType(ConflictError, {
  name: 'ConflictError',
  description: 'The metal image is there already, or was changed since it was read.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    current: t.expose('current', { type: MetalImageRef, description: 'The metal image as it is now.' }),
  }),
});

builder.objectType(MetalImageInUseError, {
  name: 'MetalImageInUseError',
  description: 'Machines run on the metal image, which cannot go before they do.',
  interfaces: [ErrorRef],
  fields: (t) => ({
    machineIds: t.stringList({
      description: 'The ids of these machines.',
      resolve: ({ machineIds }) => [...machineIds],
    }),
  }),
});

builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  description: 'Values of the input are not accepted.',
  interfaces: [ErrorRef],
  fields: (t) => ({ issues: t.expose('issues', { type: [IssueRef], description: 'Every fault that was found.' }) }),
});

builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description: 'There is no such thing, or not for this key.',
  interfaces: [ErrorRef],
});

builder.objectType(ForbiddenError, {
  name: 'ForbiddenError',
  description: 'The key does not allow it.',
  interfaces: [ErrorRef],
});

/** What every operation that changes something can meet. */
export const commonErrors = [InvalidInputError, ForbiddenError];

/** What any picture that comes in can meet. */
export const pictureErrors = [
  ImageTooLargeError,
  TooManyPixelsError,
  UnsupportedImageError,
  CorruptImageError,
  StorageFullError,
];

/** What a picture can meet that comes in for an image without an address. */
export const fileErrors = [DuplicateImageError, ...pictureErrors];
