import { builder } from '../builder.js';
import { costOfPage, costs } from '../costs.js';
import { MetalImageRef } from './metal-image-ref.js';

const wantedId = {
  required: true,
  description: 'An id in short, as `ubuntu-24.04` for any patch of that version, or in full.',
} as const;

builder.queryFields((t) => ({
  metalImage: t.field({
    type: MetalImageRef,
    nullable: true,
    description: 'The metal image with exactly this id, or null.',
    needs: { scopes: ['metal.view'] },
    cost: costs.read,
    args: { id: t.arg.string({ required: true, description: "The vendor's id: `ubuntu-24.4.20260101`." }) },
    resolve: async (_root, { id }, { metal, caller }) => (await metal.find(caller, [id]))[0] ?? null,
  }),
  latestMetalImage: t.field({
    type: MetalImageRef,
    nullable: true,
    description: 'The newest of the metal images that an id stands for, or null.',
    needs: { scopes: ['metal.view'] },
    cost: costs.read,
    args: {
      id: t.arg.string(wantedId),
      includeExpired: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether expired images are taken too.',
      }),
    },
    resolve: (_root, { id, includeExpired }, { metal, caller }) => metal.latest(caller, id, { includeExpired }),
  }),
  matchingMetalImages: t.field({
    type: [MetalImageRef],
    description: 'All metal images that an id stands for, expired or not, the highest version first.',
    args: { id: t.arg.string(wantedId) },
    needs: { scopes: ['metal.view'] },
    // how many there are is not known beforehand
    cost: (_args, limits) => costOfPage({ length: limits.pageMax, filter: null }, limits),
    resolve: (_root, { id }, { metal, caller }) => metal.matching(caller, id),
  }),
}));
