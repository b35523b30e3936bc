import { ImageLimitReachedError, InvalidInputError, NotFoundError } from '../../domain/errors.js';
import type { Image } from '../../domain/image.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { encodeGlobalId, imageIdOf } from '../global-id.js';
import { accountIdOf } from './account-id.js';
import { commonErrors, fileErrors } from './errors.js';
import { ImageMetadataInput } from './image-metadata.js';
import { ImageRef } from './image-ref.js';

const uploadErrors = [...fileErrors, ImageLimitReachedError, ...commonErrors];
type UploadError = InstanceType<(typeof uploadErrors)[number]>;

const isUploadError = (error: unknown): error is UploadError => uploadErrors.some((type) => error instanceof type);

/** The outcome of one of several uploads: an expected failure is a result like the others. */
const settle = async (upload: () => Promise<Image>): Promise<Image | UploadError> => {
  try {
    return await upload();
  } catch (error) {
    if (isUploadError(error)) return error;
    throw error;
  }
};

const changeErrors = [NotFoundError, ...commonErrors];

const idField = { required: true, description: 'The `id` of the image.' } as const;

const UploadImageInput = builder.inputType('UploadImageInput', {
  description: 'A new image.',
  fields: (t) => ({
    accountId: t.field({ type: 'UUID', required: true, description: 'The account that will own it.' }),
    file: t.field({ type: 'File', required: true, description: 'A PNG, JPEG or WebP of at most 16 MiB.' }),
    metadata: t.field({ type: ImageMetadataInput, description: 'What is said of it.' }),
  }),
});

const UploadImagesItem = builder.inputType('UploadImagesItem', {
  description: 'One of several new images.',
  fields: (t) => ({
    file: t.field({ type: 'File', required: true, description: 'A PNG, JPEG or WebP of at most 16 MiB.' }),
    metadata: t.field({ type: ImageMetadataInput, description: 'What is said of it.' }),
  }),
});

const UploadImagesInput = builder.inputType('UploadImagesInput', {
  description: 'Several new images of one account.',
  fields: (t) => ({
    accountId: t.field({ type: 'UUID', required: true, description: 'The account that will own them.' }),
    images: t.field({ type: [UploadImagesItem], required: true, description: 'The images, at most 10.' }),
  }),
});

const UpdateImageInput = builder.inputType('UpdateImageInput', {
  description: 'What changes of an image; what is absent stays as it is.',
  fields: (t) => ({
    id: t.id(idField),
    file: t.field({ type: 'File', description: 'Another picture. Absent or null keeps the present one.' }),
    metadata: t.field({
      type: ImageMetadataInput,
      description: 'The metadata that changes: absent fields stay, null fields are cleared. Null clears all of it.',
    }),
  }),
});

const ReplaceImageInput = builder.inputType('ReplaceImageInput', {
  description: 'Another picture in the place of the present one.',
  fields: (t) => ({
    id: t.id(idField),
    file: t.field({ type: 'File', required: true, description: 'A PNG, JPEG or WebP of at most 16 MiB.' }),
    metadata: t.field({
      type: ImageMetadataInput,
      description: 'The whole metadata anew. Absent keeps the present one, null clears it.',
    }),
  }),
});

const UpdateImageMetadataInput = builder.inputType('UpdateImageMetadataInput', {
  description: 'The whole metadata of an image anew.',
  fields: (t) => ({
    id: t.id(idField),
    metadata: t.field({
      type: ImageMetadataInput,
      required: true,
      description: 'The whole metadata: fields that are absent are cleared.',
    }),
  }),
});

const ImageIdInput = builder.inputType('ImageIdInput', {
  description: 'Which image is meant.',
  fields: (t) => ({ id: t.id(idField) }),
});

const DeletedImageRef = builder.objectRef<Image>('DeletedImage').implement({
  description: 'What is left of an image that was deleted.',
  fields: (t) => ({
    deletedId: t.id({ description: 'The global id that it had.', resolve: ({ id }) => encodeGlobalId('Image', id) }),
    imageId: t.expose('id', { type: 'UUID', description: 'The id that it had in the REST APIs.' }),
    publicId: t.exposeString('publicId', { description: 'The public id that it had; its URLs answer 404 now.' }),
  }),
});

builder.mutationFields((t) => ({
  uploadImage: t.field({
    type: ImageRef,
    needs: { scopes: ['images.write'], accountOf: ({ input }) => input.accountId },
    cost: costs.upload,
    description: 'Adds an image to an account. The file comes by the GraphQL multipart request specification.',
    args: { input: t.arg({ type: UploadImageInput, required: true, description: 'The new image.' }) },
    errors: { types: uploadErrors, union: { name: 'UploadImageResult', description: 'The new image, or why not.' } },
    resolve: (_root, { input: { accountId, file, metadata } }, { images, caller }) =>
      images.upload(caller, { accountId: accountIdOf(accountId), file: file.received, metadata }),
  }),
  uploadImages: t.errorUnionListField({
    types: [ImageRef, ...uploadErrors],
    needs: { scopes: ['images.write'], accountOf: ({ input }) => input.accountId },
    cost: ({ input: { images } }) => ({ own: images.length * costs.upload, length: images.length }),
    description:
      'Adds several images to an account: one result for each file, in the same order, or a single error if there are too many.',
    args: { input: t.arg({ type: UploadImagesInput, required: true, description: 'The new images.' }) },
    union: { name: 'UploadImagesResult', description: 'One of the new images, or why not.' },
    resolve: async (_root, { input }, { images, caller, limits }) => {
      if (input.images.length > limits.requestFiles) {
        return [InvalidInputError.at(['images'], `Accepts at most ${limits.requestFiles} images.`)];
      }
      const results: (Image | UploadError)[] = [];
      // one after the other, so that of two equal files the first is the one that stays
      for (const { file, metadata } of input.images) {
        results.push(
          await settle(async () =>
            images.upload(caller, { accountId: accountIdOf(input.accountId), file: file.received, metadata }),
          ),
        );
      }
      return results;
    },
  }),
  updateImage: t.field({
    type: ImageRef,
    needs: { scopes: ['images.write'] },
    cost: ({ input: { file } }) => ({ own: file ? costs.upload : costs.write }),
    description: 'Changes what is given: the picture, its metadata, both or nothing.',
    args: { input: t.arg({ type: UpdateImageInput, required: true, description: 'What changes.' }) },
    errors: {
      types: [...fileErrors, ...changeErrors],
      union: { name: 'UpdateImageResult', description: 'The image as it is now, or why it was not changed.' },
    },
    resolve: (_root, { input: { id, file, metadata } }, { images, caller }) =>
      images.update(caller, { id: imageIdOf(id), file: file?.received, metadata }),
  }),
  replaceImage: t.field({
    type: ImageRef,
    needs: { scopes: ['images.write'] },
    cost: costs.upload,
    description:
      'Puts another picture in the place of the present one. The bytes that it already has make no new version.',
    args: { input: t.arg({ type: ReplaceImageInput, required: true, description: 'The other picture.' }) },
    errors: {
      types: [...fileErrors, ...changeErrors],
      union: { name: 'ReplaceImageResult', description: 'The image as it is now, or why it was not changed.' },
    },
    resolve: (_root, { input: { id, file, metadata } }, { images, caller }) =>
      images.replace(caller, { id: imageIdOf(id), file: file.received, metadata }),
  }),
  updateImageMetadata: t.field({
    type: ImageRef,
    needs: { scopes: ['images.write'] },
    cost: costs.write,
    description: 'Replaces the metadata as a whole.',
    args: { input: t.arg({ type: UpdateImageMetadataInput, required: true, description: 'The new metadata.' }) },
    errors: {
      types: changeErrors,
      union: { name: 'UpdateImageMetadataResult', description: 'The image as it is now, or why it was not changed.' },
    },
    resolve: (_root, { input: { id, metadata } }, { images, caller }) =>
      images.updateMetadata(caller, { id: imageIdOf(id), metadata }),
  }),
  disableImage: t.field({
    type: ImageRef,
    needs: { scopes: ['images.write'] },
    cost: costs.write,
    description: 'Takes an image out of use. Its public URL goes on working.',
    args: { input: t.arg({ type: ImageIdInput, required: true, description: 'Which image.' }) },
    errors: {
      types: changeErrors,
      union: { name: 'DisableImageResult', description: 'The image as it is now, or why it was not changed.' },
    },
    resolve: (_root, { input: { id } }, { images, caller }) => images.disable(caller, imageIdOf(id)),
  }),
  enableImage: t.field({
    type: ImageRef,
    needs: { scopes: ['images.write'] },
    cost: costs.write,
    description: 'Puts a disabled image back into use.',
    args: { input: t.arg({ type: ImageIdInput, required: true, description: 'Which image.' }) },
    errors: {
      types: changeErrors,
      union: { name: 'EnableImageResult', description: 'The image as it is now, or why it was not changed.' },
    },
    resolve: (_root, { input: { id } }, { images, caller }) => images.enable(caller, imageIdOf(id)),
  }),
  deleteImage: t.field({
    type: DeletedImageRef,
    needs: { scopes: ['images.write'] },
    cost: costs.write,
    description:
      'Deletes an image for good. Its public URL answers 404; its bytes go unless another image has the same.',
    args: { input: t.arg({ type: ImageIdInput, required: true, description: 'Which image.' }) },
    errors: {
      types: changeErrors,
      union: { name: 'DeleteImageResult', description: 'What was deleted, or why it was not.' },
    },
    resolve: (_root, { input: { id } }, { images, caller }) => images.delete(caller, imageIdOf(id)),
  }),
}));
