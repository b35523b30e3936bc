import { type ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Limits } from '../domain/limits.js';

const messageLength = 1_000;

/** Holds every response to its limits, those of documents that were refused included. Results of subscriptions are bounded as they are executed. */
export const useResponseBounds = (limits: Limits): Plugin => ({
  onResultProcess({ result, setResult }) {
    if (isAsyncIterable(result) || Array.isArray(result)) return;
    const bounded = boundResult(result, limits);
    if (bounded !== result) setResult(bounded);
  },
});

/** The result itself if it is within the limits, else one with fewer and shorter errors, or with nothing but the error that it is too large. */
export const boundResult = (result: ExecutionResult, limits: Limits): ExecutionResult => {
  const errors = result.errors && boundErrors(result.errors, limits);
  if (bytesOf(result.data, limits.responseBytes) <= limits.responseBytes) {
    return errors === result.errors || !errors ? result : { ...result, errors };
  }
  const message =
    `The response has more than ${limits.responseBytes} bytes, the most that is sent. The operation ran. ` +
    'Select fewer fields or shorter pages to see its result.';
  return { errors: [new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400 } } })] };
};

const boundErrors = (errors: readonly GraphQLError[], { responseErrors }: Limits): readonly GraphQLError[] => {
  if (errors.length <= responseErrors && errors.every(({ message }) => message.length <= messageLength)) return errors;
  const shown = errors.slice(0, responseErrors).map(shortened);
  const left = errors.length - shown.length;
  if (left === 0) return shown;
  const more = `${left} more errors are not shown; at most ${responseErrors} are.`;
  return [...shown, new GraphQLError(more, { extensions: { code: 'LIMIT_EXCEEDED' } })];
};

/** A message quotes what the client sent, which may be a megabyte. */
const shortened = (error: GraphQLError): GraphQLError => {
  if (error.message.length <= messageLength) return error;
  const { nodes = null, source = null, positions = null, path = null, extensions } = error;
  return new GraphQLError(`${error.message.slice(0, messageLength)}...`, {
    nodes,
    source,
    positions,
    path,
    extensions,
  });
};

/** What JSON escapes: quotes, backslashes, control characters and lone surrogates. */
const escaped = /["\\\p{Cc}\p{Cs}]/u;

/** The bytes of a value as JSON; counting stops beyond the limit. It happens before any text is built, so that memory stays bounded. */
export const bytesOf = (value: unknown, limit: number): number => {
  if (typeof value === 'string') return 2 + Buffer.byteLength(escaped.test(value) ? JSON.stringify(value) : value);
  if (Array.isArray(value)) return sumOf(value, limit, (item) => 1 + bytesOf(item, limit));
  if (typeof value === 'object' && value !== null) {
    return sumOf(Object.entries(value), limit, ([key, item]) => key.length + 4 + bytesOf(item, limit));
  }
  return String(value).length;
};

const sumOf = <Item>(items: readonly Item[], limit: number, bytes: (item: Item) => number): number => {
  // the brackets and a comma before each item but the first
  let sum = items.length > 0 ? 1 : 2;
  for (const item of items) {
    sum += bytes(item);
    if (sum > limit) break;
  }
  return sum;
};
