import type { GraphqlClient } from './graphql-client.js';
import { errorFields } from './image-operations.js';

export const metalImageFields = `
  fragment Metal on MetalImage {
    id imageId name description url features classification expirationDate isExpired
    os version createdOn updatedOn revision usedBy
  }`;

const metalErrorFields = `
  fragment MetalFailure on Error {
    ... on ConflictError { current { ...Metal } }
    ... on MetalImageInUseError { machineIds }
  }`;

/** Runs a mutation of metal images with one input, and returns the image, or the whole payload if it has none, or the error. */
export const changeMetalImage = async (
  server: GraphqlClient,
  name: string,
  inputType: string,
  input: Record<string, unknown>,
) => {
  const payload = `${name.charAt(0).toUpperCase()}${name.slice(1)}Payload`;
  const selection = name === 'deleteMetalImage' ? 'deletedId imageId' : 'metalImage { __typename ...Metal }';
  const { data, errors } = await server.query(
    `mutation($input: ${inputType}!) { result: ${name}(input: $input) {
      __typename ... on ${payload} { ${selection} } ...Failure ...MetalFailure } }
      ${metalImageFields} ${errorFields} ${metalErrorFields}`,
    { input },
  );
  if (errors) throw new Error(errors.map(({ message }) => message).join(' '));
  return data.result.metalImage ?? data.result;
};

export const createMetalImage = (server: GraphqlClient, imageId: string, given: Record<string, unknown> = {}) =>
  changeMetalImage(server, 'createMetalImage', 'CreateMetalImageInput', {
    imageId,
    url: `https://images.example/${imageId}.tar.lz4`,
    ...given,
  });

export const deleteMetalImage = (server: GraphqlClient, imageId: string) =>
  changeMetalImage(server, 'deleteMetalImage', 'MetalImageIdInput', { imageId });

export const setMetalImageUse = (server: GraphqlClient, machineId: string, imageId: string) =>
  changeMetalImage(server, 'setMetalImageUse', 'MetalImageUseInput', { machineId, imageId });
