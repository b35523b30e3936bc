import { InvalidInputError } from '../../domain/errors.js';
import { type AccountId, asAccountId } from '../../domain/images/image.js';
import { builder } from '../builder.js';
import { connectionOf } from '../connection.js';
import { costOfPage, costs } from '../costs.js';
import { decodeIdCursor, encodeIdCursor } from '../cursor.js';

const AccountRef = builder.objectRef<AccountId>('Account').implement({
  description: 'An account, which exists as soon as it has an image.',
  fields: (t) => ({
    accountId: t.field({ type: 'UUID', description: 'The id of the account.', resolve: (accountId) => accountId }),
    imageCount: t.int({
      description:
        'The number of its images, disabled ones included. They are counted only if this field or `byteSize` is selected.',
      resolve: async (accountId, _args, { loaders }) => (await loaders.accountSizes.load(accountId)).imageCount,
    }),
    byteSize: t.field({
      type: 'SafeInt',
      description:
        'The total size of the stored files of its images, in bytes. A file that several images have is counted for each of them.',
      resolve: async (accountId, _args, { loaders }) => (await loaders.accountSizes.load(accountId)).byteSize,
    }),
  }),
});

const decodeAccountCursor = (
  cursor: string | null | undefined,
  argument: 'after' | 'before',
): AccountId | undefined => {
  const text = decodeIdCursor(cursor, argument);
  const accountId = text === undefined ? undefined : asAccountId(text);
  if (text === undefined || accountId) return accountId;
  throw InvalidInputError.at([argument], 'Accepts a cursor of the same list.');
};

builder.queryField('accounts', (t) =>
  t.connection(
    {
      type: AccountRef,
      nullable: true,
      description:
        'The accounts whose images the caller may see, sorted by id: all that have an image, or the one that the key is restricted to.',
      needs: { scopes: ['images.read'] },
      cost: ({ first, last }, limits) => {
        const page = costOfPage({ length: first ?? last, filter: null }, limits);
        // the images of all accounts may be counted for it
        return { ...page, own: costs.read + costs.scan };
      },
      resolve: async (_root, args, { images, caller, takeTurn }) => {
        const slice = await images.listAccounts(caller, {
          first: args.first ?? undefined,
          last: args.last ?? undefined,
          after: decodeAccountCursor(args.after, 'after'),
          before: decodeAccountCursor(args.before, 'before'),
        });
        await takeTurn(slice.items.length);
        return connectionOf(slice, (id) => encodeIdCursor({ id }));
      },
    },
    { name: 'AccountConnection', description: 'A page of the list of accounts.' },
    { name: 'AccountEdge', description: 'An account and its position in the list.' },
  ),
);
