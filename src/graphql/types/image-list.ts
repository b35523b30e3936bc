import { InvalidInputError } from '../../domain/errors.js';
import type { Caller } from '../../domain/identity/caller.js';
import { type Image, mimeTypeOf, type StoredMimeType, storedFormats } from '../../domain/images/image.js';
import { type ImageFilter, type ImageOrder, newestFirst } from '../../domain/images/image-query.js';
import type { ImageSelection } from '../../domain/images/list-images.js';
import { builder } from '../builder.js';
import { connectionOf } from '../connection.js';
import { costOfPage } from '../costs.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { firstMillisecondFrom } from '../scalars.js';
import { accountIdFor, optionalAccountId } from './account-id.js';
import { addressFilterOf, ImageAddressFilterInput } from './image-address.js';
import { ImageEdgeRef, ImageRef } from './image-ref.js';

const DateRange = builder.inputType('DateTimeRange', {
  description: 'A range of times, both ends included. An absent or null end is open.',
  fields: (t) => ({
    min: t.field({ type: 'DateTime', description: 'The earliest time.' }),
    max: t.field({ type: 'DateTime', description: 'The latest time.' }),
  }),
});

const SizeRange = builder.inputType('ByteSizeRange', {
  description: 'A range of sizes in bytes, both ends included. An absent or null end is open.',
  fields: (t) => ({
    min: t.field({ type: 'NonNegativeInt', description: 'The smallest size in bytes.' }),
    max: t.field({ type: 'NonNegativeInt', description: 'The largest size in bytes.' }),
  }),
});

const ImageFilterInput = builder.inputType('ImageFilter', {
  description: 'Conditions on images. An image has to meet all of them; absent and null ones are ignored.',
  fields: (t) => ({
    mimeType: t.stringList({
      description:
        'The media type of the stored file is one of these: `image/jpeg`, `image/png`, `image/webp`, `image/avif`, `image/gif`.',
    }),
    disabled: t.boolean({ description: 'True for disabled images only, false for enabled images only.' }),
    altTextContains: t.string({
      description:
        'The alternative text contains this text, in upper or lower case and whether its letters are composed or decomposed: ' +
        '`É` finds `é`, and `e` does not. Nothing in it is a wildcard. Three characters or more are found by an index. Texts in other ' +
        'languages than `defaultLocale` are not searched.',
    }),
    altTextMissing: t.boolean({
      description:
        'True for images without an alternative text in `defaultLocale` only, false for images with one only.',
    }),
    altTextMissingIn: t.field({
      type: 'Locale',
      description: 'Only images without an alternative text in exactly this language.',
    }),
    addressed: t.boolean({ description: 'True for images with an address only, false for images without one only.' }),
    address: t.field({ type: ImageAddressFilterInput, description: 'Conditions on the address.' }),
    createdOn: t.field({ type: DateRange, description: 'The time of the upload is in this range.' }),
    updatedOn: t.field({ type: DateRange, description: 'The time of the last change is in this range.' }),
    byteSize: t.field({ type: SizeRange, description: 'The size of the stored file in bytes is in this range.' }),
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
  description: 'The order of a list of images. Images with equal values are sorted by id.',
  values: {
    CREATED_ON_ASC: { description: 'By the time of the upload, oldest first.' },
    CREATED_ON_DESC: { description: 'By the time of the upload, newest first.' },
    UPDATED_ON_ASC: { description: 'By the time of the last change, oldest first.' },
    UPDATED_ON_DESC: { description: 'By the time of the last change, newest first.' },
    BYTE_SIZE_ASC: { description: 'By the size of the stored file, smallest first.' },
    BYTE_SIZE_DESC: { description: 'By the size of the stored file, largest first.' },
  } satisfies Record<OrderName, { description: string }>,
});

const storedMimeTypes: readonly string[] = storedFormats.map(mimeTypeOf);
const isStoredMimeType = (text: string): text is StoredMimeType => storedMimeTypes.includes(text);

const filterOf = (input: typeof ImageFilterInput.$inferInput | null | undefined): ImageFilter => {
  const { mimeType, disabled, altTextContains, altTextMissing, altTextMissingIn, addressed, address } = input ?? {};
  const { createdOn, updatedOn, byteSize } = input ?? {};
  if (mimeType && !mimeType.every(isStoredMimeType)) {
    throw InvalidInputError.at(['filter', 'mimeType'], `Accepts ${storedMimeTypes.join(', ')}.`);
  }
  return {
    mimeTypes: mimeType?.filter(isStoredMimeType),
    disabled: disabled ?? undefined,
    altTextContains: altTextContains ?? undefined,
    altTextMissing: altTextMissing ?? undefined,
    altTextMissingIn: altTextMissingIn ?? undefined,
    addressed: addressed ?? undefined,
    address: address ? addressFilterOf(address) : undefined,
    createdOn: { min: firstMillisecondFrom(createdOn?.min), max: createdOn?.max ?? undefined },
    updatedOn: { min: firstMillisecondFrom(updatedOn?.min), max: updatedOn?.max ?? undefined },
    byteSize: { min: byteSize?.min ?? undefined, max: byteSize?.max ?? undefined },
  };
};

interface SelectionArgs {
  accountId?: string | null | undefined;
  filter?: typeof ImageFilterInput.$inferInput | null | undefined;
  orderBy?: OrderName | null | undefined;
}

const selectionOf = (
  caller: Caller,
  { accountId, filter, orderBy }: SelectionArgs,
): ImageSelection & { order: ImageOrder } => ({
  accountId: accountIdFor(caller, accountId),
  filter: filterOf(filter),
  order: orders[orderBy ?? 'CREATED_ON_DESC'],
});

const totalCountText = 'The number of images that meet the filter. They are counted only if this field is selected.';
const filterText = 'Conditions on the images. Defaults to all images.';
const orderText = 'The order of the list. Defaults to `CREATED_ON_DESC`.';

const ImagePageRef = builder
  .objectRef<{ items: readonly Image[]; hasMore: boolean; selection: ImageSelection }>('ImagePage')
  .implement({
    description: 'A page of a list of images, at an offset.',
    fields: (t) => ({
      items: t.field({ type: [ImageRef], description: 'The images of the page.', resolve: ({ items }) => [...items] }),
      hasMore: t.exposeBoolean('hasMore', { description: 'Whether there are more images after this page.' }),
      totalCount: t.int({
        description: totalCountText,
        cost: 'count',
        resolve: ({ selection }, _args, { images, caller }) => images.count(caller, selection),
      }),
    }),
  });

builder.queryFields((t) => ({
  images: t.connection(
    {
      type: ImageRef,
      nullable: true,
      description:
        'The images of an account, page by page with cursors: the end of a long list is as fast as its start.',
      args: {
        accountId: t.arg(optionalAccountId),
        filter: t.arg({ type: ImageFilterInput, description: filterText }),
        orderBy: t.arg({ type: ImageOrderRef, description: orderText }),
      },
      needs: { scopes: ['images.read'], accountOf: ({ accountId }) => accountId },
      cost: ({ first, last, filter }, limits) => costOfPage({ length: first ?? last, filter }, limits),
      resolve: async (_root, args, { images, caller, takeTurn }) => {
        const selection = selectionOf(caller, args);
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
      description: 'A page of a list of images.',
      fields: (connection) => ({
        totalCount: connection.int({
          description: totalCountText,
          cost: 'count',
          resolve: ({ selection }, _args, { images, caller }) => images.count(caller, selection),
        }),
      }),
    },
    ImageEdgeRef,
  ),
  imagePage: t.field({
    type: ImagePageRef,
    nullable: true,
    description:
      'The images of an account, page by page with offsets. A large `skip` is slow: use `images` for long lists.',
    args: {
      accountId: t.arg(optionalAccountId),
      skip: t.arg({ type: 'NonNegativeInt', defaultValue: 0, description: 'The number of images to skip.' }),
      count: t.arg({
        type: 'PageSize',
        description: 'The number of images of the page. Defaults to `limits.pageDefault`.',
      }),
      filter: t.arg({ type: ImageFilterInput, description: filterText }),
      orderBy: t.arg({ type: ImageOrderRef, description: orderText }),
    },
    needs: { scopes: ['images.read'], accountOf: ({ accountId }) => accountId },
    cost: ({ count, skip, filter }, limits) => costOfPage({ length: count, skip, filter }, limits),
    resolve: async (_root, { skip, count, ...args }, { images, caller, takeTurn }) => {
      const selection = selectionOf(caller, args);
      const page = await images.page(caller, selection, { skip: skip ?? undefined, count: count ?? undefined });
      await takeTurn(page.items.length);
      return { ...page, selection };
    },
  }),
}));
