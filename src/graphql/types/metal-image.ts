import { formatVersion } from '../../domain/metal/metal-image.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { MetalImageClassificationRef, MetalImageFeatureRef, MetalImageRef } from './metal-image-ref.js';

builder.node(MetalImageRef, {
  description:
    'An operating system image for bare-metal machines. Only its description is stored here; its bytes are at its `url`.',
  id: { resolve: ({ id }) => id, description: 'The global id, which `node` accepts.' },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'expirationDate' in value,
  loadMany: (ids, { metal, caller }) => metal.find(caller, ids),
  fields: (t) => ({
    imageId: t.exposeString('id', {
      description:
        "The vendor's id, which consists of the operating system and the version, such as `ubuntu-24.4.20260101`.",
    }),
    name: t.exposeString('name', { description: 'A short name; may be empty.' }),
    description: t.exposeString('description', { description: 'A longer text; may be empty.' }),
    url: t.exposeString('url', { description: 'The URL of the bytes.' }),
    features: t.field({
      type: [MetalImageFeatureRef],
      description: 'What it can be installed on; may be empty.',
      resolve: ({ features }) => [...features],
    }),
    classification: t.expose('classification', {
      type: MetalImageClassificationRef,
      description: 'The stage of its life cycle.',
    }),
    expirationDate: t.expose('expirationDate', {
      type: 'DateTime',
      description: 'The time when it expires or expired.',
    }),
    isExpired: t.boolean({
      description: 'Whether it has expired.',
      resolve: (image, _args, { metal }) => metal.isExpired(image),
    }),
    os: t.exposeString('os', { description: 'The operating system: the part of `imageId` before its last dash.' }),
    version: t.string({
      description:
        'The version: the part of `imageId` after its last dash, complete and without leading zeros, such as `24.4.0`.',
      resolve: ({ version }) => formatVersion(version),
    }),
    createdOn: t.expose('created', { type: 'DateTime', description: 'The time when it was created.' }),
    updatedOn: t.expose('changed', {
      type: 'DateTime',
      description: 'The time of the last change, except of `usedBy`.',
    }),
    revision: t.exposeInt('revision', { description: 'Increases with every change. Pass it as `expectedRevision`.' }),
    usedBy: t.stringList({
      description: 'The ids of the machines that run it; may be empty.',
      cost: costs.read,
      resolve: (image, _args, { loaders }) => loaders.metalUses.load(image),
    }),
  }),
});
