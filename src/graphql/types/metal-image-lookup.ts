import { builder } from '../builder.js';
import { costOfPage, costs } from '../costs.js';
import { metalImageIdOf } from '../global-id.js';
import { MetalImageRef } from './metal-image-ref.js';

const MetalImageBy = builder.inputType('MetalImageBy', {
  isOneOf: true,
  description: 'Identifies a metal image by exactly one of these fields.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.' }),
    imageId: t.string({ description: "The vendor's id: `ubuntu-24.4.20260101`." }),
  }),
});

const wantedId = {
  required: true,
  description:
    "The vendor's id, complete or shortened: `ubuntu-24.04` stands for every patch of that version. Needs at least a major version.",
} as const;

builder.queryFields((t) => ({
  metalImage: t.field({
    type: MetalImageRef,
    nullable: true,
    description: 'One metal image; null if it does not exist.',
    needs: { scopes: ['metal.view'] },
    cost: costs.read,
    args: { by: t.arg({ type: MetalImageBy, required: true, description: 'Identifies the metal image.' }) },
    resolve: async (_root, { by: { id, imageId } }, { metal, caller }) => {
      const known = typeof id === 'string' ? metalImageIdOf(id, ['by', 'id']) : (imageId ?? '');
      return (await metal.find(caller, [known]))[0] ?? null;
    },
  }),
  latestMetalImage: t.field({
    type: MetalImageRef,
    nullable: true,
    description: 'The newest metal image that an id stands for; null if there is none.',
    needs: { scopes: ['metal.view'] },
    cost: costs.read,
    args: {
      imageId: t.arg.string(wantedId),
      includeExpired: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether expired metal images count too.',
      }),
    },
    resolve: (_root, { imageId, includeExpired }, { metal, caller }) =>
      metal.latest(caller, imageId, { includeExpired }),
  }),
  matchingMetalImages: t.field({
    type: [MetalImageRef],
    nullable: true,
    description: 'All metal images that an id stands for, expired ones included, the highest version first.',
    args: { imageId: t.arg.string(wantedId) },
    needs: { scopes: ['metal.view'] },
    // how many there are is not known beforehand
    cost: (_args, limits) => costOfPage({ length: limits.pageMax, filter: null }, limits),
    resolve: (_root, { imageId }, { metal, caller }) => metal.matching(caller, imageId),
  }),
}));
