import { NotFoundError } from '../../domain/errors.js';
import type { Image } from '../../domain/images/image.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { encodeGlobalId, imageIdOf } from '../global-id.js';
import { commonErrors, fileErrors } from './errors.js';
import { adoptAltTextField, ImageMetadataInput } from './image-metadata.js';
import { ImageRef } from './image-ref.js';

const changeErrors = [NotFoundError, ...commonErrors];

const idField = { required: true, description: 'The global id of the image.' } as const;

const UpdateImageInput = builder.inputType('UpdateImageInput', {
  description: 'The changes of an image. Absent fields keep their values.',
  fields: (t) => ({
    id: t.id(idField),
    file: t.field({
      type: 'File',
      description: 'A new file. Absent or null keeps the current one: an image always has a file.',
    }),
    fileName: t.string({
      description:
        'The name of the file, at most `limits.fileNameBytes` bytes. Absent: the name of the new file if its bytes are others, or else the current name. ' +
        'Null clears it.',
    }),
    metadata: t.field({
      type: ImageMetadataInput,
      description:
        'The metadata to change: absent fields keep their values, null clears a field. Null clears all of it.',
    }),
  }),
});

const ReplaceImageInput = builder.inputType('ReplaceImageInput', {
  description: 'A new file for an image.',
  fields: (t) => ({
    id: t.id(idField),
    file: t.field({
      type: 'File',
      required: true,
      description: 'The file: a PNG, JPEG, WebP, AVIF or GIF of at most `limits.fileBytes`.',
    }),
    metadata: t.field({
      type: ImageMetadataInput,
      description: 'The complete new metadata. Absent keeps the current metadata, null clears it.',
    }),
    adoptEmbeddedAltText: t.boolean(adoptAltTextField),
  }),
});

const UpdateImageMetadataInput = builder.inputType('UpdateImageMetadataInput', {
  description: 'The complete new metadata of an image.',
  fields: (t) => ({
    id: t.id(idField),
    metadata: t.field({
      type: ImageMetadataInput,
      required: true,
      description: 'The complete metadata: absent fields are cleared.',
    }),
  }),
});

const ImageIdInput = builder.inputType('ImageIdInput', {
  description: 'Identifies an image.',
  fields: (t) => ({ id: t.id(idField) }),
});

/** The payload of a mutation that returns nothing but the image. */
const imagePayload = (name: string, description: string) =>
  builder.objectRef<Image>(name).implement({
    description,
    fields: (t) => ({
      image: t.field({ type: ImageRef, description: 'The image after the change.', resolve: (image) => image }),
    }),
  });

export const UpdateImagePayload = imagePayload('UpdateImagePayload', 'An updated image.');
const ReplaceImagePayload = imagePayload('ReplaceImagePayload', 'An image with its new file.');
const UpdateImageMetadataPayload = imagePayload('UpdateImageMetadataPayload', 'An image with its new metadata.');
const DisableImagePayload = imagePayload('DisableImagePayload', 'A disabled image.');
const EnableImagePayload = imagePayload('EnableImagePayload', 'An enabled image.');

const DeleteImagePayload = builder.objectRef<Image>('DeleteImagePayload').implement({
  description: 'The ids of a deleted image.',
  fields: (t) => ({
    deletedId: t.id({
      description: 'The global id of the deleted image.',
      resolve: ({ id }) => encodeGlobalId('Image', id),
    }),
    imageId: t.expose('id', { type: 'UUID', description: 'The id of the deleted image in the REST APIs.' }),
    publicId: t.exposeString('publicId', {
      description: 'The public id of the deleted image. Its public URLs respond with 404.',
    }),
  }),
});

builder.mutationFields((t) => ({
  updateImage: t.field({
    type: UpdateImagePayload,
    nullable: true,
    needs: { scopes: ['images.write'] },
    cost: ({ input: { file } }) => ({ own: file ? costs.upload : costs.write }),
    description: 'Changes the file of an image, its name, its metadata, or any of them.',
    args: { input: t.arg({ type: UpdateImageInput, required: true, description: 'The changes.' }) },
    errors: {
      types: [...fileErrors, ...changeErrors],
      union: { name: 'UpdateImageResult', description: 'The updated image, or the reason why nothing changed.' },
    },
    resolve: (_root, { input: { id, file, fileName, metadata } }, { images, caller }) =>
      images.update(caller, { id: imageIdOf(id), file: file?.received, fileName, metadata }),
  }),
  replaceImage: t.field({
    type: ReplaceImagePayload,
    nullable: true,
    needs: { scopes: ['images.write'] },
    cost: costs.upload,
    description:
      'Replaces the file of an image, which keeps its ids and its `link`. A file with the same bytes as the current one creates ' +
      'no new version.',
    args: { input: t.arg({ type: ReplaceImageInput, required: true, description: 'The new file.' }) },
    errors: {
      types: [...fileErrors, ...changeErrors],
      union: {
        name: 'ReplaceImageResult',
        description: 'The image with its new file, or the reason why nothing changed.',
      },
    },
    resolve: (_root, { input: { id, file, ...input } }, { images, caller }) =>
      images.replace(caller, { ...input, id: imageIdOf(id), file: file.received }),
  }),
  updateImageMetadata: t.field({
    type: UpdateImageMetadataPayload,
    nullable: true,
    needs: { scopes: ['images.write'] },
    cost: costs.write,
    description: 'Replaces the metadata of an image completely. To change single fields, use `updateImage`.',
    args: { input: t.arg({ type: UpdateImageMetadataInput, required: true, description: 'The new metadata.' }) },
    errors: {
      types: changeErrors,
      union: {
        name: 'UpdateImageMetadataResult',
        description: 'The image with its new metadata, or the reason why nothing changed.',
      },
    },
    resolve: (_root, { input: { id, metadata } }, { images, caller }) =>
      images.updateMetadata(caller, { id: imageIdOf(id), metadata }),
  }),
  disableImage: t.field({
    type: DisableImagePayload,
    nullable: true,
    needs: { scopes: ['images.write'] },
    cost: costs.write,
    description: 'Marks an image as no longer in use. It can still be changed, and its public URLs still work.',
    args: { input: t.arg({ type: ImageIdInput, required: true, description: 'The image.' }) },
    errors: {
      types: changeErrors,
      union: { name: 'DisableImageResult', description: 'The disabled image, or the reason why nothing changed.' },
    },
    resolve: (_root, { input: { id } }, { images, caller }) => images.disable(caller, imageIdOf(id)),
  }),
  enableImage: t.field({
    type: EnableImagePayload,
    nullable: true,
    needs: { scopes: ['images.write'] },
    cost: costs.write,
    description: 'Enables a disabled image.',
    args: { input: t.arg({ type: ImageIdInput, required: true, description: 'The image.' }) },
    errors: {
      types: changeErrors,
      union: { name: 'EnableImageResult', description: 'The enabled image, or the reason why nothing changed.' },
    },
    resolve: (_root, { input: { id } }, { images, caller }) => images.enable(caller, imageIdOf(id)),
  }),
  deleteImage: t.field({
    type: DeleteImagePayload,
    nullable: true,
    needs: { scopes: ['images.write'] },
    cost: costs.write,
    description:
      'Deletes an image permanently. Its public URLs respond with 404. The stored file is deleted as well, unless another image ' +
      'has the same one.',
    args: { input: t.arg({ type: ImageIdInput, required: true, description: 'The image.' }) },
    errors: {
      types: changeErrors,
      union: { name: 'DeleteImageResult', description: 'The deleted ids, or the reason why nothing was deleted.' },
    },
    resolve: (_root, { input: { id } }, { images, caller }) => images.delete(caller, imageIdOf(id)),
  }),
}));
