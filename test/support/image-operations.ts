import type { GraphqlClient } from './graphql-client.js';
import { accountId } from './test-server.js';

/** What most tests look at. */
export const imageFields = `
  fragment Everything on Image {
    id imageId publicId accountId version mimeType width height byteSize sha256 hasAlpha frameCount
    metadata { altText focalPoint { x y } address { type entityId ds cid docid } ext key updatedOn }
    link url originalUrl createdOn updatedOn disabledOn
    placeholder { thumbhash dataUri dominantColor }
  }`;

export const errorFields = `
  fragment Failure on Error {
    __typename code message
    ... on DuplicateImageError { existing { id publicId disabledOn } }
    ... on ImageTooLargeError { limitBytes }
    ... on TooManyPixelsError { limitPixels limitSide }
    ... on UnsupportedImageError { detected }
    ... on CorruptImageError { reason }
    ... on ImageLimitReachedError { limitImages }
    ... on InvalidInputError { issues { path message } }
  }`;

const payloadNameOf = (mutation: string): string => `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Payload`;

/** A mutation with one input that selects everything of the image in its payload, or of its error. */
const imageMutation = (name: string, inputType: string): string =>
  `mutation($input: ${inputType}!) { result: ${name}(input: $input) {
    ... on ${payloadNameOf(name)} { image { __typename ...Everything } } ...Failure } } ${imageFields} ${errorFields}`;

// biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what a result has
const imageOrFailure = ({ result }: any) => result.image ?? result;

const uploadMutation = imageMutation('uploadImage', 'UploadImageInput');

/** Uploads an image and returns the image or the failure. */
export const uploadImage = async (
  server: GraphqlClient,
  bytes: Uint8Array,
  metadata?: {
    altText?: string | null;
    altTexts?: readonly { locale: string; text: string | null }[];
    focalPoint?: { x: number; y: number } | null;
  },
  account: string = accountId,
) => {
  const input = { accountId: account, file: null, ...(metadata ? { metadata } : {}) };
  const { data } = await server.upload(uploadMutation, { input }, { 'input.file': bytes });
  return imageOrFailure(data);
};

/** Puts an image at an address and returns the image or the failure. */
export const uploadAddressedImage = async (
  server: GraphqlClient,
  address: Record<string, unknown>,
  bytes: Uint8Array,
  given: { accountId?: string; metadata?: Record<string, unknown> | null } = {},
) => {
  const input = { accountId, address, file: null, ...given };
  const document = imageMutation('uploadAddressedImage', 'UploadAddressedImageInput');
  const { data } = await server.upload(document, { input }, { 'input.file': bytes });
  return imageOrFailure(data);
};

/** Runs a mutation of one image by its id and returns the image or the failure. */
export const changeImage = async (
  server: GraphqlClient,
  name: string,
  inputType: string,
  input: Record<string, unknown>,
  file?: Uint8Array,
) => {
  const document = imageMutation(name, inputType);
  const { data } = file
    ? await server.upload(document, { input: { ...input, file: null } }, { 'input.file': file })
    : await server.query(document, { input });
  return imageOrFailure(data);
};

export const deleteImage = async (server: GraphqlClient, id: string) => {
  const { data } = await server.query(
    `mutation($id: ID!) { result: deleteImage(input: { id: $id }) {
      __typename ... on DeleteImagePayload { deletedId imageId publicId } ...Failure } } ${errorFields}`,
    { id },
  );
  return data.result;
};
