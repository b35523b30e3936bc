import { type Change, type ChangeCursor, encodeChangeCursor } from '../../domain/changes/changes.js';
import type { ChangePage } from '../../domain/changes/read-changes.js';
import type { Limits } from '../../domain/limits.js';
import { builder } from '../builder.js';
import { connectionOf } from '../connection.js';
import { costOfPage, costs } from '../costs.js';
import type { FieldCost } from '../field-rules.js';
import { accountIdFor, optionalAccountId } from './account-id.js';
import { ImageChangeRef, MetalImageChangeRef } from './image-changes.js';

const latestCursorText =
  'The position of the newest change of the server, to pass as `after`. Once `hasNextPage` is false, every change up to here has been read, ' +
  'so continue after it: it expires later than the cursor of a change that is long ago.';

const latestOf = ({ latest }: { readonly latest: ChangeCursor }) => encodeChangeCursor(latest);

const ImageChangeConnectionRef = builder.connectionObject<typeof ImageChangeRef, { readonly latest: ChangeCursor }>(
  {
    type: ImageChangeRef,
    name: 'ImageChangeConnection',
    description: 'A page of the changes of images, oldest first.',
    fields: (t) => ({
      latestCursor: t.field({ type: 'ChangeCursor', description: latestCursorText, resolve: latestOf }),
    }),
  },
  { name: 'ImageChangeEdge', description: 'A change of an image and its position in the list.' },
);

const MetalImageChangeConnectionRef = builder.connectionObject<
  typeof MetalImageChangeRef,
  { readonly latest: ChangeCursor }
>(
  {
    type: MetalImageChangeRef,
    name: 'MetalImageChangeConnection',
    description: 'A page of the changes of metal images, oldest first.',
    fields: (t) => ({
      latestCursor: t.field({ type: 'ChangeCursor', description: latestCursorText, resolve: latestOf }),
    }),
  },
  { name: 'MetalImageChangeEdge', description: 'A change of a metal image and its position in the list.' },
);

const firstArg = { type: 'PageSize', description: 'How many changes. Defaults to `limits.pageDefault`.' } as const;
const afterArg = {
  type: 'ChangeCursor',
  description: 'Only changes after this cursor. Absent for the oldest changes that are kept.',
} as const;

/** The changes and the images that they left are read, and the oldest change that is kept. */
const costOfChanges = ({ first }: { first?: number | null | undefined }, limits: Limits): FieldCost => {
  const { own = 0, ...page } = costOfPage({ length: first, filter: null }, limits);
  return { ...page, own: own + 2 * costs.read };
};

const connectionOfChanges = <Item extends Change>(page: ChangePage<Item>) => ({
  latest: page.latest,
  ...connectionOf(page, encodeChangeCursor),
});

builder.queryFields((t) => ({
  changes: t.field({
    type: ImageChangeConnectionRef,
    nullable: true,
    description:
      "The changes of an account's images that are kept, oldest first. With the cursor of `imageChanged`: what it reports live, this " +
      'reads in pages. A cursor that is too old is refused with `CURSOR_EXPIRED`.',
    args: {
      accountId: t.arg(optionalAccountId),
      first: t.arg(firstArg),
      after: t.arg(afterArg),
    },
    needs: { scopes: ['images.read'], accountOf: ({ accountId }) => accountId },
    cost: costOfChanges,
    resolve: async (_root, { accountId, first, after }, { images, caller, takeTurn }) => {
      const window = { first: first ?? undefined, after: after ?? undefined };
      const page = await images.changes(caller, accountIdFor(caller, accountId), window);
      await takeTurn(page.items.length);
      return connectionOfChanges(page);
    },
  }),
  metalImageChanges: t.field({
    type: MetalImageChangeConnectionRef,
    nullable: true,
    description:
      'The changes of metal images that are kept, oldest first, with the cursor of `metalImageChanged`. Which machines use them is not ' +
      'reported. A cursor that is too old is refused with `CURSOR_EXPIRED`.',
    args: { first: t.arg(firstArg), after: t.arg(afterArg) },
    needs: { scopes: ['metal.view'] },
    cost: costOfChanges,
    resolve: async (_root, { first, after }, { metal, caller, takeTurn }) => {
      const page = await metal.changes(caller, { first: first ?? undefined, after: after ?? undefined });
      await takeTurn(page.items.length);
      return connectionOfChanges(page);
    },
  }),
}));
