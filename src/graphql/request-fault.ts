import type { GraphQLError } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';

const shownLength = 100;

/** An error of the request itself, reported before anything is executed. The message says what is accepted. */
export function requestFault(message: string, status: 400 | 413 = 400): GraphQLError {
  return createGraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status } } });
}

/** Names that a client chose may be of any length; an error shows their beginning. */
export function quoted(name: string): string {
  const shown = [...name.slice(0, 2 * shownLength)].slice(0, shownLength).join('');
  return JSON.stringify(shown.length < name.length ? `${shown}...` : name);
}
