import { InvalidInputError } from '../../domain/errors.js';
import { type MetalVersion, versionOfNormalised } from '../../domain/metal/metal-image.js';
import type { MetalImageFilter } from '../../domain/metal/metal-ports.js';
import { builder } from '../builder.js';
import { connectionOf } from '../connection.js';
import { costOfPage } from '../costs.js';
import { decodeIdCursor, encodeIdCursor } from '../cursor.js';
import {
  MetalImageClassificationRef,
  MetalImageEdgeRef,
  MetalImageFeatureRef,
  MetalImageRef,
} from './metal-image-ref.js';

const MetalImageFilterInput = builder.inputType('MetalImageFilter', {
  description:
    'Conditions on metal images, each an exact match. A metal image has to meet all of them; absent and null ones are ignored.',
  fields: (t) => ({
    imageId: t.string({ description: "The vendor's id." }),
    name: t.string({ description: 'The name.' }),
    os: t.string({ description: 'The operating system.' }),
    version: t.string({ description: 'The complete version without leading zeros, such as `24.4.0`.' }),
    classification: t.field({ type: MetalImageClassificationRef, description: 'The stage of the life cycle.' }),
    features: t.field({
      type: [MetalImageFeatureRef],
      description: 'The image supports all of these features, and possibly others.',
    }),
    expired: t.boolean({ description: 'True for expired images only, false for images that are not expired only.' }),
  }),
});

const filterOf = (input: typeof MetalImageFilterInput.$inferInput | null | undefined): MetalImageFilter => ({
  id: input?.imageId ?? undefined,
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
  throw InvalidInputError.at(
    ['filter', 'version'],
    'Accepts a complete version without leading zeros, such as 24.4.0.',
  );
};

builder.queryField('metalImages', (t) =>
  t.connection(
    {
      type: MetalImageRef,
      nullable: true,
      description:
        "The metal images, sorted by the vendor's id. Expired ones are included unless the filter excludes them.",
      args: {
        filter: t.arg({
          type: MetalImageFilterInput,
          description: 'Conditions on the metal images. Defaults to all metal images.',
        }),
      },
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
      description: 'A page of a list of metal images.',
      fields: (connection) => ({
        totalCount: connection.int({
          description:
            'The number of metal images that meet the filter. They are counted only if this field is selected.',
          cost: 'count',
          resolve: ({ filter }, _args, { metal, caller }) => metal.count(caller, filter),
        }),
      }),
    },
    MetalImageEdgeRef,
  ),
);
