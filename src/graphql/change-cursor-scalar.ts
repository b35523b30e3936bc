import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { decodeChangeCursor } from '../domain/change-cursor.js';
import type { ChangeCursor } from '../domain/changes.js';

/** @throws {GraphQLError} for what is not a cursor of any database. */
export const parseChangeCursor = (value: unknown): ChangeCursor => {
  const cursor = typeof value === 'string' ? decodeChangeCursor(value) : null;
  if (cursor) return cursor;
  throw new GraphQLError('Not a ChangeCursor. The `cursor` of a change is accepted, as it was sent.', {
    extensions: { code: 'INVALID_INPUT' },
  });
};

export const changeCursorScalar = new GraphQLScalarType<ChangeCursor, string>({
  name: 'ChangeCursor',
  description:
    'A position in the changes of all images and metal images. It expires with the changes that are kept, and is of use only with the database it comes from.',
  serialize: String,
  parseValue: parseChangeCursor,
  parseLiteral: (node) => parseChangeCursor(node.kind === Kind.STRING ? node.value : undefined),
});
