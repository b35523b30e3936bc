import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { type ChangeCursor, decodeChangeCursor } from '../domain/changes/changes.js';

/** @throws {GraphQLError} unless the value is a cursor. */
export const parseChangeCursor = (value: unknown): ChangeCursor => {
  const cursor = typeof value === 'string' ? decodeChangeCursor(value) : null;
  if (cursor) return cursor;
  throw new GraphQLError('ChangeCursor accepts the `cursor` of a change as this API returned it.', {
    extensions: { code: 'INVALID_INPUT' },
  });
};

export const changeCursorScalar = new GraphQLScalarType<ChangeCursor, string>({
  name: 'ChangeCursor',
  description:
    'A position in the journal of changes. It expires when the changes after it are no longer kept, and belongs to one database.',
  serialize: String,
  parseValue: parseChangeCursor,
  parseLiteral: (node) => parseChangeCursor(node.kind === Kind.STRING ? node.value : undefined),
});
