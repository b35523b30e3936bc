import { formatVersion } from '../../domain/metal/version.js';
import { builder } from '../builder.js';
import { costs } from '../costs.js';
import { MetalImageClassificationRef, MetalImageFeatureRef } from './metal-image-enums.js';
import { MetalImageRef } from './metal-image-ref.js';

builder.node(MetalImageRef, {
  description: 'An operating-system image for bare-metal machines. Its bytes are elsewhere, under its `url`.',
  id: { resolve: ({ id }) => id, description: 'The global id, for `node`. Everything else takes the `imageId`.' },
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'expirationDate' in value,
  loadMany: (ids, { metal, caller }) => metal.find(caller, ids),
  fields: (t) => ({
    imageId: t.exposeString('id', {
      description: "The vendor's id, which says the operating system and the version: `ubuntu-24.4.20260101`.",
    }),
    name: t.exposeString('name', { description: 'A short text for people, maybe empty.' }),
    description: t.exposeString('description', { description: 'A longer text for people, maybe empty.' }),
    url: t.exposeString('url', { description: 'Where the bytes of the image are.' }),
    features: t.field({
      type: [MetalImageFeatureRef],
      description: 'What it may be installed on.',
      resolve: ({ features }) => [...features],
    }),
    classification: t.expose('classification', {
      type: MetalImageClassificationRef,
      description: 'How far it is in its life.',
    }),
    expirationDate: t.expose('expirationDate', { type: 'DateTime', description: 'From when it counts as expired.' }),
    isExpired: t.boolean({
      description: 'Whether it is expired by now.',
      resolve: (image, _args, { metal }) => metal.isExpired(image),
    }),
    os: t.exposeString('os', { description: 'The operating system, which the id says before its last dash.' }),
    version: t.string({
      description: 'The version, which the id says behind its last dash, in full and without leading zeros: `24.4.0`.',
      resolve: ({ version }) => formatVersion(version),
    }),
    created: t.expose('created', { type: 'DateTime', description: 'When it was made known.' }),
    changed: t.expose('changed', { type: 'DateTime', description: 'When it last changed.' }),
    revision: t.exposeInt('revision', { description: 'Rises with every change, for `expectedRevision`.' }),
    usedBy: t.stringList({
      description: 'The ids of the machines that run on it. They are looked up in one batch for a page.',
      cost: costs.read,
      resolve: (image, _args, { loaders }) => loaders.metalUses.load(image),
    }),
  }),
});
