import type { UploadImageInput, UploadImageMutation } from './generated/graphql.js';
import { graphql } from './generated/index.js';
import type { Execute } from './graphql-client.js';

const UploadImage = graphql(`
  mutation UploadImage($input: UploadImageInput!) {
    uploadImage(input: $input) {
      __typename
      ... on UploadImagePayload {
        image {
          id
          disabledOn
          ...ImageElement
        }
      }
      ... on DuplicateImageError {
        existing {
          id
          disabledOn
          ...ImageElement
        }
      }
      ... on ImageTooLargeError {
        limitBytes
      }
      ... on TooManyPixelsError {
        limitPixels
        limitSide
      }
      ... on UnsupportedImageError {
        detected
      }
      ... on ImageLimitReachedError {
        limitImages
      }
      ... on InvalidInputError {
        issues {
          path
          message
        }
      }
      ... on Error {
        message
      }
    }
  }
`);

/** An image that the account has now, to be given to `renderImage`. */
type StoredImage = Extract<
  NonNullable<UploadImageMutation['uploadImage']>,
  { __typename: 'DuplicateImageError' }
>['existing'];

export type UploadOutcome =
  | { readonly kind: 'uploaded'; readonly image: StoredImage }
  | { readonly kind: 'already-there'; readonly image: StoredImage }
  | { readonly kind: 'invalid'; readonly issues: readonly { readonly field: string; readonly message: string }[] }
  | { readonly kind: 'refused'; readonly message: string };

/** Uploads an image and describes the outcome in the words of this application. */
export const uploadImage = async (
  execute: Execute,
  input: UploadImageInput,
  signal?: AbortSignal,
): Promise<UploadOutcome> => {
  const { uploadImage: result } = await execute(UploadImage, { input }, signal);
  // null comes with an entry in `errors`, which `execute` throws
  if (!result) throw new Error('The server returned neither a result nor an error.');
  switch (result.__typename) {
    case 'UploadImagePayload':
      return { kind: 'uploaded', image: result.image };
    case 'DuplicateImageError':
      return { kind: 'already-there', image: result.existing };
    case 'InvalidInputError':
      return {
        kind: 'invalid',
        issues: result.issues.map(({ path, message }) => ({ field: path.join('.'), message })),
      };
    case 'ImageTooLargeError':
      return refused(`Choose a file of at most ${Math.floor(result.limitBytes / 1024 ** 2)} MiB.`);
    case 'TooManyPixelsError':
      return refused(
        `Choose an image of at most ${result.limitPixels / 1e6} megapixels, and ${result.limitSide} pixels a side.`,
      );
    case 'UnsupportedImageError':
      return refused(
        `Choose a PNG, JPEG, WebP, AVIF or GIF${result.detected ? `, and not a ${result.detected}` : ''}.`,
      );
    case 'CorruptImageError':
      return refused('The file is damaged. Export it again.');
    case 'ImageLimitReachedError':
      return refused(`There is room for ${result.limitImages} images. Delete one first.`);
    case 'StorageFullError':
      return refused('The server has no room for more images. Try again later.');
    case 'FetchFailedError':
      return refused('The file could not be fetched from its URL.');
    case 'ForbiddenError':
      return refused('You may not upload here.');
    default:
      return refused(messageOfNewerError(result));
  }
};

const refused = (message: string): UploadOutcome => ({ kind: 'refused', message });

/**
 * The `never` makes the compiler report an error of the schema that has no case above. A newer server may still return other errors,
 * and each has a message.
 */
const messageOfNewerError = (error: never): string => (error as { readonly message: string }).message;
