import SchemaBuilder from '@pothos/core';
import ComplexityPlugin, { ComplexityErrorKind } from '@pothos/plugin-complexity';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import { GraphQLError } from 'graphql';
import { checkIdCount } from '../domain/id-count.js';
import type { GraphqlContext } from './context.js';
import { decodeGlobalId, encodeGlobalId } from './global-id.js';
import type { UploadedFile } from './uploads/uploaded-file.js';

export interface SchemaTypes {
  Context: GraphqlContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    File: { Input: UploadedFile; Output: never };
    NonNegativeInt: { Input: number; Output: number };
    PositiveInt: { Input: number; Output: number };
    SafeInt: { Input: number; Output: number };
    URL: { Input: URL; Output: string };
    UUID: { Input: string; Output: string };
  };
}

const kinds = {
  [ComplexityErrorKind.Complexity]: 'cost',
  [ComplexityErrorKind.Depth]: 'depth',
  [ComplexityErrorKind.Breadth]: 'breadth',
} as const;

export const builder = new SchemaBuilder<SchemaTypes>({
  // before the errors plugin: a document that asks too much is refused as a whole, not as a result of one mutation
  plugins: [RelayPlugin, ErrorsPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  complexity: {
    // what a list multiplies is said where its length is known
    defaultListMultiplier: 1,
    limit: ({ limits }) => ({ complexity: limits.queryCost, depth: limits.queryDepth }),
    complexityError: (kind, found) => {
      const name = kinds[kind];
      const [has, limit] = name === 'cost' ? [found.complexity, found.maxComplexity] : [found.depth, found.maxDepth];
      return new GraphQLError(`The document has a ${name} of ${has}; at most ${limit} is accepted.`, {
        extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400 } },
      });
    },
  },
  errors: { directResult: true },
  relay: {
    cursorType: 'String',
    nodesOnConnection: { description: 'The items of the page without their cursors.' },
    encodeGlobalID: (typename, id) => encodeGlobalId(typename, String(id)),
    decodeGlobalID: decodeGlobalId,
    idFieldOptions: { description: 'The global id, which `node` takes.' },
    nodeTypeOptions: { description: 'Anything with a global id.' },
    nodeQueryOptions: {
      description: 'The object with this global id, or null.',
      args: { id: { description: 'The `id` of any object.' } },
    },
    nodesQueryOptions: {
      description: 'The objects with these global ids, in their order, null where there is none. At most 200 ids.',
      args: { ids: { description: 'The `id`s of any objects.' } },
      // before they are sorted by type, each of which has the limit for itself
      complexity: ({ ids }, { limits }) => {
        const all = [ids].flat();
        checkIdCount(all, limits);
        return { field: 1, multiplier: all.length };
      },
    },
    pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
    hasNextPageFieldOptions: { description: 'Whether the list goes on behind this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is something before this page.' },
    startCursorFieldOptions: { description: 'The cursor of the first item, for `before`.' },
    endCursorFieldOptions: { description: 'The cursor of the last item, for `after`.' },
    firstArgOptions: { description: 'How many items from the start: 0 to 200, 20 where nothing is said.' },
    lastArgOptions: { description: 'How many items from the end, instead of `first`: 0 to 200.' },
    afterArgOptions: { description: 'Only items behind this cursor.' },
    beforeArgOptions: { description: 'Only items before this cursor.' },
    edgesFieldOptions: { description: 'The items of the page with their cursors.' },
    nodeFieldOptions: { description: 'The item.' },
    cursorFieldOptions: { description: 'Where the item stands in the list, for `after` and `before`.' },
    pageInfoFieldOptions: { description: 'Where the page stands in the list.' },
  },
});

builder.subscriptionType({ description: 'What can be watched, by server-sent events.' });
builder.queryType({ description: 'What can be asked.' });
builder.mutationType({ description: 'What can be done. Every field answers a union of its success and its errors.' });
