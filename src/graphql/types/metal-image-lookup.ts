import { builder } from '../builder.js';
import { costOfPage, costs } from '../costs.js';
import { metalImageIdOf } from '../global-id.js';
import { MetalImageRef } from './metal-image-ref.js';

const MetalImageBy = builder.inputType('MetalImageBy', {
  isOneOf: true,
  description: 'Identifies a metal image by exactly one of these fields.',
  fields: (t) => ({
    id: t.id({ description: 'The global id: `id` of the metal image.' }),
    imageId: t.string({ description: "The vendor's id, such as `ubuntu-24.4.20260101`." }),
  }),
});

const wantedId = {
  required: true,
  description:
    "The vendor's id, complete or without its patch: `ubuntu-24.04` matches every patch of that version. A minor version that is left out is 0, " +
    'and `0.0` matches every version. An id without a version is an error.',
} as const;

builder.queryFields((t) => ({
  metalImage: t.field({
    type: MetalImageRef,
    nullable: true,
    description: 'One metal image; null if it does not exist. A malformed global id is an error.',
    needs: { scopes: ['metal.view'] },
    cost: costs.read,
    args: { by: t.arg({ type: MetalImageBy, required: true, description: 'Identifies the metal image.' }) },
    resolve: (_root, { by: { id, imageId } }, { metal, caller }) => {
      const known = typeof id === 'string' ? metalImageIdOf(id, ['by', 'id']) : (imageId ?? '');
      return metal.findOne(caller, known);
    },
  }),
  latestMetalImage: t.field({
    type: MetalImageRef,
    nullable: true,
    description: 'The metal image with the highest version that an id matches; null if there is none.',
    needs: { scopes: ['metal.view'] },
    cost: costs.read,
    args: {
      imageId: t.arg.string(wantedId),
      includeExpired: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether expired metal images are included.',
      }),
    },
    resolve: (_root, { imageId, includeExpired }, { metal, caller }) =>
      metal.latest(caller, imageId, { includeExpired }),
  }),
  matchingMetalImages: t.field({
    type: [MetalImageRef],
    nullable: true,
    description: 'All metal images that an id matches, expired ones included, the highest version first.',
    args: { imageId: t.arg.string(wantedId) },
    needs: { scopes: ['metal.view'] },
    // how many there are is not known beforehand
    cost: (_args, limits) => costOfPage({ length: limits.pageMax, filter: null }, limits),
    resolve: (_root, { imageId }, { metal, caller }) => metal.matching(caller, imageId),
  }),
}));
