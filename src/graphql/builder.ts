import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import './field-rules.js';
import './page-size.js';
import type { ChangeCursor } from '../domain/changes/changes.js';
import type { Locale } from '../domain/images/locale.js';
import { checkIdCount } from '../domain/slice.js';
import type { GraphqlContext } from './context.js';
import { costs } from './costs.js';
import { decodeGlobalId, encodeGlobalId } from './global-id.js';
import type { UploadedFile } from './uploads/uploaded-file.js';

export interface SchemaTypes {
  Context: GraphqlContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    ChangeCursor: { Input: ChangeCursor; Output: string };
    DateTime: { Input: Date; Output: Date };
    Duration: { Input: number; Output: number };
    File: { Input: UploadedFile; Output: never };
    Locale: { Input: Locale; Output: Locale };
    NonNegativeInt: { Input: number; Output: number };
    PageSize: { Input: number; Output: number };
    PositiveInt: { Input: number; Output: number };
    SafeInt: { Input: number; Output: number };
    /** And every other number of a transform. */
    Quality: { Input: number; Output: number };
    URL: { Input: URL; Output: string };
    UUID: { Input: string; Output: string };
  };
}

export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [RelayPlugin, ErrorsPlugin, 'fieldRules', 'pageSizes'],
  defaultFieldNullability: false,
  errors: { directResult: true },
  relay: {
    cursorType: 'String',
    nodesOnConnection: { description: 'The items of the page without their cursors.' },
    encodeGlobalID: (typename, id) => encodeGlobalId(typename, String(id)),
    decodeGlobalID: decodeGlobalId,
    idFieldOptions: { description: 'The global id, which `node` accepts.' },
    nodeTypeOptions: { description: 'An object that can be looked up by its global id.' },
    nodeQueryOptions: {
      description: 'The object with this global id; null if it does not exist or the id is malformed.',
      needs: { scopes: ['images.read', 'metal.view'] },
      cost: costs.read,
      args: { id: { description: 'The global id of the object.' } },
    },
    nodesQueryOptions: {
      nullable: { list: true, items: true },
      description:
        'The objects with these global ids, in the same order; null for an id that does not exist or is malformed.',
      args: { ids: { description: 'The global ids of the objects, at most `limits.pageMax`.' } },
      needs: { scopes: ['images.read', 'metal.view'] },
      cost: ({ ids }, limits) => {
        const all = [ids].flat();
        // before they are sorted by type, each of which has the limit for itself
        checkIdCount(all, limits);
        return { own: costs.read, length: all.length };
      },
    },
    pageInfoTypeOptions: { description: 'The position of a page in its list.' },
    hasNextPageFieldOptions: { description: 'Whether there are items after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there are items before this page.' },
    startCursorFieldOptions: {
      description: 'The cursor of the first item, to pass as `before`; null if the page is empty.',
    },
    endCursorFieldOptions: {
      description: 'The cursor of the last item, to pass as `after`; null if the page is empty.',
    },
    firstArgOptions: {
      description: 'How many items from the start of the list, or after `after`. Defaults to `limits.pageDefault`.',
    },
    lastArgOptions: {
      description: 'How many items from the end of the list, or before `before`. Cannot be combined with `first`.',
    },
    afterArgOptions: { description: 'A `cursor` of the same list in the same order: only items after it.' },
    beforeArgOptions: { description: 'A `cursor` of the same list in the same order: only items before it.' },
    edgesFieldOptions: { description: 'The items of the page with their cursors.' },
    nodeFieldOptions: { description: 'The item.' },
    cursorFieldOptions: { description: 'The position of the item in the list.' },
    pageInfoFieldOptions: { description: 'The position of the page in the list.' },
  },
});

builder.subscriptionType({ description: 'Streams of changes, as server-sent events or `multipart/mixed`.' });
builder.queryType({ description: 'Everything that can be read.' });
builder.mutationType({
  description:
    'Everything that changes data. A field returns a union of its payload and its expected errors; for any other error it is ' +
    'null and `errors` has an entry.',
});
