import { InvalidInputError } from '../../domain/errors.js';
import { type Image, mimeTypeOf, type StoredMimeType, storedFormats } from '../../domain/image.js';
import { type ImageFilter, type ImageOrder, newestFirst } from '../../domain/image-query.js';
import type { ImageSelection } from '../../domain/services/list-images.js';
import { builder } from '../builder.js';
import { connectionOf } from '../connection.js';
import { costOfPage } from '../costs.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { firstMillisecondFrom } from '../date-time.js';
import { accountIdOf } from './account-id.js';
import { addressFilterOf, ImageAddressFilterInput } from './image-address.js';
import { ImageRef } from './image-ref.js';

const DateRange = builder.inputType('DateTimeRange', {
  description: 'A span of time; both ends belong to it, an absent end is open. Ends may be finer than a millisecond.',
  fields: (t) => ({
    min: t.field({ type: 'DateTime', description: 'Not before.' }),
    max: t.field({ type: 'DateTime', description: 'Not after.' }),
  }),
});

const SizeRange = builder.inputType('ByteSizeRange', {
  description: 'A range of bytes; both ends belong to it, an absent end is open.',
  fields: (t) => ({
    min: t.field({ type: 'NonNegativeInt', description: 'Not fewer bytes.' }),
    max: t.field({ type: 'NonNegativeInt', description: 'Not more bytes.' }),
  }),
});

const ImageFilterInput = builder.inputType('ImageFilter', {
  description: 'Which images are meant: those that meet every condition given.',
  fields: (t) => ({
    mimeType: t.stringList({ description: 'Any of these types: `image/jpeg`, `image/png`, `image/webp`.' }),
    disabled: t.boolean({ description: 'Only disabled images, or only those in use.' }),
    altTextContains: t.string({ description: 'Part of the alternative text; ASCII letters match in either case.' }),
    altTextMissing: t.boolean({ description: 'Only images without an alternative text, or only those with one.' }),
    addressed: t.boolean({ description: 'Only images with an address, or only those without one.' }),
    address: t.field({ type: ImageAddressFilterInput, description: 'Only images at such an address.' }),
    createdOn: t.field({ type: DateRange, description: 'When it was uploaded.' }),
    updatedOn: t.field({ type: DateRange, description: 'When it last changed.' }),
    byteSize: t.field({ type: SizeRange, description: 'The bytes of the stored file.' }),
  }),
});

const orders = {
  CREATED_ON_ASC: { key: 'createdOn', direction: 'asc' },
  CREATED_ON_DESC: newestFirst,
  UPDATED_ON_ASC: { key: 'updatedOn', direction: 'asc' },
  UPDATED_ON_DESC: { key: 'updatedOn', direction: 'desc' },
  BYTE_SIZE_ASC: { key: 'byteSize', direction: 'asc' },
  BYTE_SIZE_DESC: { key: 'byteSize', direction: 'desc' },
} as const satisfies Record<string, ImageOrder>;
type OrderName = keyof typeof orders;

const ImageOrderRef = builder.enumType('ImageOrder', {
  description: 'The order of a list of images; those that are equal follow by their ids.',
  values: {
    CREATED_ON_ASC: { description: 'Oldest first.' },
    CREATED_ON_DESC: { description: 'Newest first.' },
    UPDATED_ON_ASC: { description: 'Longest unchanged first.' },
    UPDATED_ON_DESC: { description: 'Last changed first.' },
    BYTE_SIZE_ASC: { description: 'Smallest file first.' },
    BYTE_SIZE_DESC: { description: 'Largest file first.' },
  } satisfies Record<OrderName, { description: string }>,
});

const storedMimeTypes: readonly string[] = storedFormats.map(mimeTypeOf);
const isStoredMimeType = (text: string): text is StoredMimeType => storedMimeTypes.includes(text);

const filterOf = (input: typeof ImageFilterInput.$inferInput | null | undefined): ImageFilter => {
  const { mimeType, disabled, altTextContains, altTextMissing, addressed, address } = input ?? {};
  const { createdOn, updatedOn, byteSize } = input ?? {};
  if (mimeType && !mimeType.every(isStoredMimeType)) {
    throw InvalidInputError.at(['filter', 'mimeType'], `Takes ${storedMimeTypes.join(', ')}.`);
  }
  return {
    mimeTypes: mimeType?.filter(isStoredMimeType),
    disabled: disabled ?? undefined,
    altTextContains: altTextContains ?? undefined,
    altTextMissing: altTextMissing ?? undefined,
    addressed: addressed ?? undefined,
    address: address ? addressFilterOf(address) : undefined,
    createdOn: { min: firstMillisecondFrom(createdOn?.min), max: createdOn?.max ?? undefined },
    updatedOn: { min: firstMillisecondFrom(updatedOn?.min), max: updatedOn?.max ?? undefined },
    byteSize: { min: byteSize?.min ?? undefined, max: byteSize?.max ?? undefined },
  };
};

interface SelectionArgs {
  accountId: string;
  filter?: typeof ImageFilterInput.$inferInput | null | undefined;
  orderBy?: OrderName | null | undefined;
}

const selectionOf = ({ accountId, filter, orderBy }: SelectionArgs): ImageSelection & { order: ImageOrder } => ({
  accountId: accountIdOf(accountId),
  filter: filterOf(filter),
  order: orders[orderBy ?? 'CREATED_ON_DESC'],
});

const ImagePageRef = builder
  .objectRef<{ items: readonly Image[]; hasMore: boolean; selection: ImageSelection }>('ImagePage')
  .implement({
    description: 'A page of images by number.',
    fields: (t) => ({
      items: t.field({ type: [ImageRef], description: 'The images of the page.', resolve: ({ items }) => [...items] }),
      hasMore: t.exposeBoolean('hasMore', { description: 'Whether the list goes on behind this page.' }),
      totalCount: t.int({
        description: 'How many images meet the filter; counted only if selected.',
        cost: 'count',
        resolve: ({ selection }, _args, { images, caller }) => images.count(caller, selection),
      }),
    }),
  });

builder.queryFields((t) => ({
  images: t.connection(
    {
      type: ImageRef,
      description: 'The images of an account, newest first where nothing is said; as fast at the end as at the start.',
      args: {
        accountId: t.arg({ type: 'UUID', required: true, description: 'The account.' }),
        filter: t.arg({ type: ImageFilterInput, description: 'Which of its images.' }),
        orderBy: t.arg({ type: ImageOrderRef, description: 'In which order.' }),
      },
      needs: { scopes: ['images.read'], accountOf: ({ accountId }) => accountId },
      cost: ({ first, last, filter }, limits) => costOfPage({ length: first ?? last, filter }, limits),
      resolve: async (_root, args, { images, caller, takeTurn }) => {
        const selection = selectionOf(args);
        const slice = await images.list(caller, selection, {
          first: args.first ?? undefined,
          last: args.last ?? undefined,
          after: decodeCursor(args.after, selection.order, 'after'),
          before: decodeCursor(args.before, selection.order, 'before'),
        });
        await takeTurn(slice.items.length);
        return { selection, ...connectionOf(slice, (image) => encodeCursor(image, selection.order)) };
      },
    },
    {
      name: 'ImageConnection',
      description: 'A page of images by cursor.',
      fields: (connection) => ({
        totalCount: connection.int({
          description: 'How many images meet the filter; counted only if selected.',
          cost: 'count',
          resolve: ({ selection }, _args, { images, caller }) => images.count(caller, selection),
        }),
      }),
    },
    { name: 'ImageEdge', description: 'An image and where it stands in its list.' },
  ),
  imagePage: t.field({
    type: ImagePageRef,
    description: 'The images of an account by number, newest first where nothing is said. For long lists use `images`.',
    args: {
      accountId: t.arg({ type: 'UUID', required: true, description: 'The account.' }),
      skip: t.arg({ type: 'NonNegativeInt', defaultValue: 0, description: 'How many images to leave out.' }),
      count: t.arg({ type: 'PositiveInt', defaultValue: 20, description: 'How many images to give: 1 to 200.' }),
      filter: t.arg({ type: ImageFilterInput, description: 'Which of its images.' }),
      orderBy: t.arg({ type: ImageOrderRef, description: 'In which order.' }),
    },
    needs: { scopes: ['images.read'], accountOf: ({ accountId }) => accountId },
    cost: ({ count, skip, filter }, limits) => costOfPage({ length: count, skip, filter }, limits),
    resolve: async (_root, { skip, count, ...args }, { images, caller, takeTurn }) => {
      const selection = selectionOf(args);
      const page = await images.page(caller, selection, { skip: skip ?? undefined, count: count ?? undefined });
      await takeTurn(page.items.length);
      return { ...page, selection };
    },
  }),
}));
