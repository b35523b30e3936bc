import type { GraphqlClient } from './graphql-client.js';
import { accountId } from './test-server.js';

/** What most tests look at. Errors answer their code, message and facts. */
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

/** A mutation with one input that answers everything of an image or of its failure. */
const imageMutation = (name: string, inputType: string): string =>
  `mutation($input: ${inputType}!) { result: ${name}(input: $input) { __typename ...Everything ...Failure } } ${imageFields} ${errorFields}`;

const uploadMutation = imageMutation('uploadImage', 'UploadImageInput');

/** Uploads a picture and answers the image or the failure. */
export const uploadImage = async (
  server: GraphqlClient,
  bytes: Uint8Array,
  metadata?: { altText?: string | null; focalPoint?: { x: number; y: number } | null },
  account: string = accountId,
) => {
  const input = { accountId: account, file: null, ...(metadata ? { metadata } : {}) };
  const { data } = await server.upload(uploadMutation, { input }, { 'input.file': bytes });
  return data.result;
};

/** Puts a picture at an address and answers the image or the failure. */
export const uploadAddressedImage = async (
  server: GraphqlClient,
  address: Record<string, unknown>,
  bytes: Uint8Array,
  given: { accountId?: string; metadata?: Record<string, unknown> | null } = {},
) => {
  const input = { accountId, address, file: null, ...given };
  const document = imageMutation('uploadAddressedImage', 'UploadAddressedImageInput');
  const { data } = await server.upload(document, { input }, { 'input.file': bytes });
  return data.result;
};

/** Runs a mutation of one image by its id and answers the image or the failure. */
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
  return data.result;
};

export const deleteImage = async (server: GraphqlClient, id: string) => {
  const { data } = await server.query(
    `mutation($id: ID!) { result: deleteImage(input: { id: $id }) {
      __typename ... on DeletedImage { deletedId imageId publicId } ...Failure } } ${errorFields}`,
    { id },
  );
  return data.result;
};
