import {
  ConflictError,
  ForbiddenError,
  InvalidInputError,
  MetalImageInUseError,
  NotFoundError,
} from '../../domain/errors.js';
import type { MetalImage } from '../../domain/metal/metal-image.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { encodeGlobalId } from '../global-id.js';
import {
  MetalImageClassificationRef,
  MetalImageEdgeRef,
  MetalImageFeatureRef,
  MetalImageRef,
  newMetalImageEdge,
} from './metal-image-ref.js';

const imageIdField = { required: true, description: "The vendor's id of the metal image." } as const;
const machineIdField = { required: true, description: 'The id of the machine.' } as const;
const nameText = 'A short name, at most `limits.metalNameLength` characters.';
const descriptionText = 'A longer text, at most `limits.metalDescriptionLength` characters.';
const urlText = 'The URL of the bytes of the image, at most `limits.metalUrlLength` characters.';

const CreateMetalImageInput = builder.inputType('CreateMetalImageInput', {
  description: 'A new metal image.',
  fields: (t) => ({
    imageId: t.string({
      required: true,
      description:
        "The vendor's id, which consists of the operating system and the version: `<os>-<major>[.<minor>[.<patch>]]`. At most " +
        '`limits.metalIdLength` characters.',
    }),
    name: t.string({ description: nameText }),
    description: t.string({ description: descriptionText }),
    url: t.string({ required: true, description: urlText }),
    features: t.field({
      type: [MetalImageFeatureRef],
      description: 'What it can be installed on. Defaults to an empty list.',
    }),
    classification: t.field({
      type: MetalImageClassificationRef,
      description: 'The stage of the life cycle. Defaults to PREVIEW.',
    }),
    expirationDate: t.field({
      type: 'DateTime',
      description: 'The time when it expires. Defaults to 90 days from now.',
    }),
  }),
});

const UpdateMetalImageInput = builder.inputType('UpdateMetalImageInput', {
  description: 'The changes of a metal image. Absent fields keep their values.',
  fields: (t) => ({
    imageId: t.string(imageIdField),
    name: t.string({ description: `${nameText} Null clears it.` }),
    description: t.string({ description: `${descriptionText} Null clears it.` }),
    url: t.string({ description: `${urlText} Cannot be null.` }),
    features: t.field({
      type: [MetalImageFeatureRef],
      description: 'Everything that it can be installed on. Null and an empty list clear it.',
    }),
    classification: t.field({
      type: MetalImageClassificationRef,
      description: 'The stage of the life cycle. Cannot be null.',
    }),
    expirationDate: t.field({ type: 'DateTime', description: 'The time when it expires. Cannot be null.' }),
    expectedRevision: t.int({
      description:
        'The `revision` that the client read. If the image has changed since, the result is a ConflictError.',
    }),
    expectedUpdatedOn: t.field({
      type: 'DateTime',
      description: 'The `updatedOn` that the client read, instead of `expectedRevision` or in addition to it.',
    }),
  }),
});

const MetalImageIdInput = builder.inputType('MetalImageIdInput', {
  description: 'Identifies a metal image.',
  fields: (t) => ({ imageId: t.string(imageIdField) }),
});

const MetalImageUseInput = builder.inputType('MetalImageUseInput', {
  description: 'A machine and the metal image that it runs.',
  fields: (t) => ({ machineId: t.string(machineIdField), imageId: t.string(imageIdField) }),
});

const MachineIdInput = builder.inputType('MachineIdInput', {
  description: 'Identifies a machine.',
  fields: (t) => ({ machineId: t.string(machineIdField) }),
});

/** The payload of a mutation that returns nothing but the metal image. */
const metalImagePayload = (name: string, description: string, imageText: string) =>
  builder.objectRef<MetalImage>(name).implement({
    description,
    fields: (t) => ({
      metalImage: t.field({ type: MetalImageRef, description: imageText, resolve: (image) => image }),
    }),
  });

const CreateMetalImagePayload = builder.objectRef<MetalImage>('CreateMetalImagePayload').implement({
  description: 'A new metal image.',
  fields: (t) => ({
    metalImage: t.field({ type: MetalImageRef, description: 'The new metal image.', resolve: (image) => image }),
    metalImageEdge: t.field({
      type: MetalImageEdgeRef,
      description: 'The new metal image as an edge, to insert into a list.',
      resolve: newMetalImageEdge,
    }),
  }),
});

const UpdateMetalImagePayload = metalImagePayload(
  'UpdateMetalImagePayload',
  'An updated metal image.',
  'The metal image after the change.',
);
const SetMetalImageUsePayload = metalImagePayload(
  'SetMetalImageUsePayload',
  'The metal image that a machine runs.',
  'The metal image that the machine runs.',
);
const ClearMetalImageUsePayload = metalImagePayload(
  'ClearMetalImageUsePayload',
  'The metal image that a machine ran.',
  'The metal image that the machine ran.',
);

const deletedId = {
  description: 'The global id of the deleted metal image.',
  resolve: ({ id }: MetalImage) => encodeGlobalId('MetalImage', id),
};

const DeleteMetalImagePayload = builder.objectRef<MetalImage>('DeleteMetalImagePayload').implement({
  description: 'The ids of a deleted metal image.',
  fields: (t) => ({
    deletedId: t.id(deletedId),
    imageId: t.exposeString('id', { description: "The vendor's id of the deleted metal image." }),
  }),
});

/** It has no `id`: client caches would keep it as a metal image that still exists. */
const DeletedMetalImageRef = builder.objectRef<MetalImage>('DeletedMetalImage').implement({
  description: 'A metal image that was deleted, or with `dryRun` one that would be.',
  fields: (t) => ({
    deletedId: t.id(deletedId),
    imageId: t.exposeString('id', { description: "The vendor's id." }),
    name: t.exposeString('name', { description: 'The short name; may be empty.' }),
    url: t.exposeString('url', { description: 'The URL of the bytes, which are not deleted.' }),
    expirationDate: t.expose('expirationDate', { type: 'DateTime', description: 'The time when it expired.' }),
  }),
});

const DeleteOrphanMetalImagesPayload = builder.objectRef<MetalImage[]>('DeleteOrphanMetalImagesPayload').implement({
  description: 'The metal images that were deleted, or with `dryRun` those that would be.',
  fields: (t) => ({
    deletedIds: t.idList({
      description: 'The global ids of `deleted`, in the same order.',
      // how many there are is not known beforehand
      cost: (_args, { pageMax }) => ({ length: pageMax }),
      resolve: (images) => images.map(deletedId.resolve),
    }),
    deleted: t.field({
      type: [DeletedMetalImageRef],
      description: 'The metal images, sorted by operating system and then by version, the highest version first.',
      cost: (_args, { pageMax }) => ({ length: pageMax }),
      resolve: (images) => images,
    }),
  }),
});

builder.mutationFields((t) => ({
  createMetalImage: t.field({
    type: CreateMetalImagePayload,
    nullable: true,
    needs: { scopes: ['metal.admin'] },
    cost: costs.write,
    description: 'Creates a metal image.',
    args: { input: t.arg({ type: CreateMetalImageInput, required: true, description: 'The new metal image.' }) },
    errors: {
      types: [ConflictError, InvalidInputError, ForbiddenError],
      union: {
        name: 'CreateMetalImageResult',
        description: 'The new metal image, or the reason why it was not created.',
      },
    },
    resolve: (_root, { input }, { metal, caller }) => metal.create(caller, input),
  }),
  updateMetalImage: t.field({
    type: UpdateMetalImagePayload,
    nullable: true,
    needs: { scopes: ['metal.admin'] },
    cost: costs.write,
    description: 'Changes a metal image. Its id, operating system and version never change.',
    args: { input: t.arg({ type: UpdateMetalImageInput, required: true, description: 'The changes.' }) },
    errors: {
      types: [NotFoundError, ConflictError, InvalidInputError, ForbiddenError],
      union: {
        name: 'UpdateMetalImageResult',
        description: 'The updated metal image, or the reason why nothing changed.',
      },
    },
    resolve: (_root, { input }, { metal, caller }) => metal.update(caller, metalImageChange(input)),
  }),
  deleteMetalImage: t.field({
    type: DeleteMetalImagePayload,
    nullable: true,
    needs: { scopes: ['metal.admin'] },
    cost: costs.write,
    description: 'Deletes a metal image that no machine uses.',
    args: { input: t.arg({ type: MetalImageIdInput, required: true, description: 'The metal image.' }) },
    errors: {
      types: [NotFoundError, MetalImageInUseError, ForbiddenError],
      union: { name: 'DeleteMetalImageResult', description: 'The deleted ids, or the reason why nothing was deleted.' },
    },
    resolve: (_root, { input: { imageId } }, { metal, caller }) => metal.delete(caller, imageId),
  }),
  deleteOrphanMetalImages: t.field({
    type: DeleteOrphanMetalImagesPayload,
    nullable: true,
    needs: { scopes: ['metal.admin'] },
    cost: costs.scan,
    description:
      'Deletes the metal images that are expired and that no machine uses. The newest image of each operating system is always kept.',
    args: {
      dryRun: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether to only return what would be deleted, and delete nothing.',
      }),
    },
    errors: {
      types: [ForbiddenError],
      union: {
        name: 'DeleteOrphanMetalImagesResult',
        description: 'The deleted metal images, or the reason why nothing was deleted.',
      },
    },
    resolve: (_root, { dryRun }, { metal, caller }) => metal.deleteOrphans(caller, { dryRun }),
  }),
  setMetalImageUse: t.field({
    type: SetMetalImageUsePayload,
    nullable: true,
    needs: { scopes: ['metal.edit'] },
    cost: costs.write,
    description: 'Records which metal image a machine runs. It replaces the previous record of the machine.',
    args: { input: t.arg({ type: MetalImageUseInput, required: true, description: 'The machine and the image.' }) },
    errors: {
      types: [NotFoundError, InvalidInputError, ForbiddenError],
      union: {
        name: 'SetMetalImageUseResult',
        description: 'The metal image that the machine runs, or the reason why nothing was recorded.',
      },
    },
    resolve: (_root, { input }, { metal, caller }) => metal.setUse(caller, input),
  }),
  clearMetalImageUse: t.field({
    type: ClearMetalImageUsePayload,
    nullable: true,
    needs: { scopes: ['metal.edit'] },
    cost: costs.write,
    description: 'Removes the record of which metal image a machine runs.',
    args: { input: t.arg({ type: MachineIdInput, required: true, description: 'The machine.' }) },
    errors: {
      types: [NotFoundError, ForbiddenError],
      union: {
        name: 'ClearMetalImageUseResult',
        description: 'The metal image that the machine ran, or the reason why nothing was removed.',
      },
    },
    resolve: (_root, { input: { machineId } }, { metal, caller }) => metal.clearUse(caller, machineId),
  }),
}));

/**
 * Null clears what may be empty.
 * @throws {InvalidInputError} for null in what always has a value.
 */
const metalImageChange = ({ expectedUpdatedOn, ...input }: typeof UpdateMetalImageInput.$inferInput) => {
  const cleared = (['url', 'classification', 'expirationDate'] as const).filter((field) => input[field] === null);
  if (cleared.length > 0) {
    throw new InvalidInputError(
      cleared.map((field) => ({ path: [field], message: 'Cannot be cleared. Leave it out to keep its value.' })),
    );
  }
  return {
    ...input,
    name: input.name === null ? '' : input.name,
    description: input.description === null ? '' : input.description,
    features: input.features === null ? [] : input.features,
    expectedChanged: expectedUpdatedOn,
  };
};
