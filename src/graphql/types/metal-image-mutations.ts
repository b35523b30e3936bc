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
import { MetalImageClassificationRef, MetalImageFeatureRef } from './metal-image-enums.js';
import { MetalImageRef } from './metal-image-ref.js';

const imageIdField = { required: true, description: "The vendor's id of the metal image." } as const;
const machineIdField = { required: true, description: 'The id of the machine.' } as const;

const CreateMetalImageInput = builder.inputType('CreateMetalImageInput', {
  description: 'A new metal image.',
  fields: (t) => ({
    imageId: t.string({
      required: true,
      description:
        "The vendor's id, which says the operating system and the version: `<os>-<major>.<minor>[.<patch>]`, at most 255 characters.",
    }),
    name: t.string({ description: 'A short text for people, at most 255 characters.' }),
    description: t.string({ description: 'A longer text for people, at most 2,000 characters.' }),
    url: t.string({ required: true, description: 'Where the bytes of the image are, at most 2,048 characters.' }),
    features: t.field({ type: [MetalImageFeatureRef], description: 'What it may be installed on.' }),
    classification: t.field({ type: MetalImageClassificationRef, description: 'Absent for a preview.' }),
    expirationDate: t.field({ type: 'DateTime', description: 'From when it counts as expired; absent for 90 days.' }),
  }),
});

const UpdateMetalImageInput = builder.inputType('UpdateMetalImageInput', {
  description: 'What changes of a metal image; what is absent or null stays as it is.',
  fields: (t) => ({
    imageId: t.string(imageIdField),
    name: t.string({ description: 'A short text for people, at most 255 characters.' }),
    description: t.string({ description: 'A longer text for people, at most 2,000 characters.' }),
    url: t.string({ description: 'Where the bytes of the image are, at most 2,048 characters.' }),
    features: t.field({
      type: [MetalImageFeatureRef],
      description: 'What it may be installed on, as a whole. An empty list keeps the present ones.',
    }),
    classification: t.field({ type: MetalImageClassificationRef, description: 'How far it is in its life.' }),
    expirationDate: t.field({ type: 'DateTime', description: 'From when it counts as expired.' }),
    expectedRevision: t.int({
      description: 'The `revision` that was read. If the image was changed since, nothing is changed.',
    }),
    expectedChanged: t.field({
      type: 'DateTime',
      description: 'The `changed` that was read, instead of the `revision` or in addition to it.',
    }),
  }),
});

const MetalImageIdInput = builder.inputType('MetalImageIdInput', {
  description: 'Which metal image is meant.',
  fields: (t) => ({ imageId: t.string(imageIdField) }),
});

const MetalImageUseInput = builder.inputType('MetalImageUseInput', {
  description: 'On which metal image a machine runs.',
  fields: (t) => ({ machineId: t.string(machineIdField), imageId: t.string(imageIdField) }),
});

const MachineIdInput = builder.inputType('MachineIdInput', {
  description: 'Which machine is meant.',
  fields: (t) => ({ machineId: t.string(machineIdField) }),
});

const DeletedMetalImagesRef = builder.objectRef<{ images: MetalImage[] }>('DeletedMetalImages').implement({
  description: 'Metal images that were deleted, or that would be.',
  fields: (t) => ({
    images: t.expose('images', {
      type: [MetalImageRef],
      description: 'What they were, by operating system, the highest version first.',
      // how many there are is not known beforehand
      cost: (_args, { pageMax }) => ({ length: pageMax }),
    }),
  }),
});

builder.mutationFields((t) => ({
  createMetalImage: t.field({
    type: MetalImageRef,
    needs: { scopes: ['metal.admin'] },
    cost: costs.write,
    description: 'Makes a metal image known.',
    args: { input: t.arg({ type: CreateMetalImageInput, required: true, description: 'The new metal image.' }) },
    errors: {
      types: [ConflictError, InvalidInputError, ForbiddenError],
      union: { name: 'CreateMetalImageResult', description: 'The new metal image, or why not.' },
    },
    resolve: (_root, { input }, { metal, caller }) => metal.create(caller, input),
  }),
  updateMetalImage: t.field({
    type: MetalImageRef,
    needs: { scopes: ['metal.admin'] },
    cost: costs.write,
    description: 'Changes what is given of a metal image. What its id says never changes.',
    args: { input: t.arg({ type: UpdateMetalImageInput, required: true, description: 'What changes.' }) },
    errors: {
      types: [NotFoundError, ConflictError, InvalidInputError, ForbiddenError],
      union: {
        name: 'UpdateMetalImageResult',
        description: 'The metal image as it is now, or why it was not changed.',
      },
    },
    resolve: (_root, { input }, { metal, caller }) => metal.update(caller, input),
  }),
  deleteMetalImage: t.field({
    type: MetalImageRef,
    needs: { scopes: ['metal.admin'] },
    cost: costs.write,
    description: 'Forgets a metal image that no machine uses, and answers what it was.',
    args: { input: t.arg({ type: MetalImageIdInput, required: true, description: 'Which metal image.' }) },
    errors: {
      types: [NotFoundError, MetalImageInUseError, ForbiddenError],
      union: { name: 'DeleteMetalImageResult', description: 'What was deleted, or why it was not.' },
    },
    resolve: (_root, { input: { imageId } }, { metal, caller }) => metal.delete(caller, imageId),
  }),
  deleteOrphanMetalImages: t.field({
    type: DeletedMetalImagesRef,
    needs: { scopes: ['metal.admin'] },
    cost: costs.scan,
    description:
      'Forgets the metal images that are expired and that no machine uses. The newest of each operating system stays in any case.',
    args: {
      dryRun: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether they are only told and not deleted.',
      }),
    },
    errors: {
      types: [ForbiddenError],
      union: { name: 'DeleteOrphanMetalImagesResult', description: 'What was deleted, or why nothing was.' },
    },
    resolve: async (_root, { dryRun }, { metal, caller }) => ({
      images: await metal.deleteOrphans(caller, { dryRun }),
    }),
  }),
  setMetalImageUse: t.field({
    type: MetalImageRef,
    needs: { scopes: ['metal.edit'] },
    cost: costs.write,
    description: 'Says on which metal image a machine runs, in the place of what was said of it before.',
    args: { input: t.arg({ type: MetalImageUseInput, required: true, description: 'Which machine and image.' }) },
    errors: {
      types: [NotFoundError, InvalidInputError, ForbiddenError],
      union: { name: 'SetMetalImageUseResult', description: 'The metal image that the machine uses, or why not.' },
    },
    resolve: (_root, { input }, { metal, caller }) => metal.setUse(caller, input),
  }),
  clearMetalImageUse: t.field({
    type: MetalImageRef,
    needs: { scopes: ['metal.edit'] },
    cost: costs.write,
    description: 'Forgets on which metal image a machine runs.',
    args: { input: t.arg({ type: MachineIdInput, required: true, description: 'Which machine.' }) },
    errors: {
      types: [NotFoundError, ForbiddenError],
      union: { name: 'ClearMetalImageUseResult', description: 'The metal image that the machine used, or why not.' },
    },
    resolve: (_root, { input: { machineId } }, { metal, caller }) => metal.clearUse(caller, machineId),
  }),
}));
