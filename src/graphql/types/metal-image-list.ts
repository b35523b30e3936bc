import { InvalidInputError } from '../../domain/errors.js';
import type { MetalImageFilter } from '../../domain/metal/metal-image-query.js';
import { type MetalVersion, versionOfNormalised } from '../../domain/metal/version.js';
import { builder } from '../builder.js';
import { connectionOf } from '../connection.js';
import { costOfPage } from '../costs.js';
import { decodeIdCursor, encodeIdCursor } from '../cursor.js';
import { MetalImageClassificationRef, MetalImageFeatureRef } from './metal-image-enums.js';
import { MetalImageRef } from './metal-image-ref.js';

const MetalImageFilterInput = builder.inputType('MetalImageFilter', {
  description: 'Which metal images are meant: those that meet every condition given, each an exact match.',
  fields: (t) => ({
    id: t.string({ description: "The vendor's id." }),
    name: t.string({ description: 'The name.' }),
    os: t.string({ description: 'The operating system.' }),
    version: t.string({ description: 'The version in full and without leading zeros, as `24.4.0`.' }),
    classification: t.field({ type: MetalImageClassificationRef, description: 'How far they are in their life.' }),
    features: t.field({
      type: [MetalImageFeatureRef],
      description: 'What they may be installed on: all of it, and maybe more.',
    }),
    expired: t.boolean({ description: 'Only expired images, or only those that are not.' }),
  }),
});

const filterOf = (input: typeof MetalImageFilterInput.$inferInput | null | undefined): MetalImageFilter => ({
  id: input?.id ?? undefined,
  name: input?.name ?? undefined,
  os: input?.os ?? undefined,
  version: versionOf(input?.version),
  classification: input?.classification ?? undefined,
  features: input?.features ?? undefined,
  expired: input?.expired ?? undefined,
});

const versionOf = (text: string | null | undefined): MetalVersion | undefined => {
  if (text === null || text === undefined) return undefined;
  const version = versionOfNormalised(text);
  if (version) return version;
  throw InvalidInputError.at(['filter', 'version'], 'Takes a version in full and without leading zeros, as 24.4.0.');
};

builder.queryField('metalImages', (t) =>
  t.connection(
    {
      type: MetalImageRef,
      description: 'The metal images in the order of their ids, expired ones too where nothing is said.',
      args: { filter: t.arg({ type: MetalImageFilterInput, description: 'Which of them.' }) },
      needs: { scopes: ['metal.view'] },
      cost: ({ first, last, filter }, limits) => costOfPage({ length: first ?? last, filter }, limits),
      resolve: async (_root, args, { metal, caller, takeTurn }) => {
        const filter = filterOf(args.filter);
        const slice = await metal.list(caller, filter, {
          first: args.first ?? undefined,
          last: args.last ?? undefined,
          after: decodeIdCursor(args.after, 'after'),
          before: decodeIdCursor(args.before, 'before'),
        });
        await takeTurn(slice.items.length);
        return { filter, ...connectionOf(slice, encodeIdCursor) };
      },
    },
    {
      name: 'MetalImageConnection',
      description: 'A page of metal images by cursor.',
      fields: (connection) => ({
        totalCount: connection.int({
          description: 'How many metal images meet the filter; counted only if selected.',
          cost: 'count',
          resolve: ({ filter }, _args, { metal, caller }) => metal.count(caller, filter),
        }),
      }),
    },
    { name: 'MetalImageEdge', description: 'A metal image and where it stands in its list.' },
  ),
);
