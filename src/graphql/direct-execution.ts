import type { IncomingHttpHeaders } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { type GraphQLParams, isAsyncIterable } from 'graphql-yoga';
import type { Limits } from '../domain/limits.js';
import { mediaTypeOf } from '../lib/media-type.js';
import { plainResultType } from './request-headers.js';
import { boundResult } from './response-bounds.js';
import type { TrustedDocuments } from './trusted-documents.js';
import type { GraphqlServer, YogaServerContext } from './yoga.js';

/** Results depend on the key and change with every write. */
export const caching = 'private, no-store';

/** The headers of a result that has neither errors nor extensions, as Yoga sends them. */
export const plainResultHeaders = (type: string) => ({
  'content-type': `${type}; charset=utf-8`,
  'cache-control': caching,
});

/** A request that needs nothing of Yoga's own requests and responses, which cost more than most operations. */
export interface DirectRequest {
  readonly params: GraphQLParams;
  /** The media type of its result. */
  readonly type: string;
}

const parameters = new Set(['query', 'documentId', 'variables', 'operationName', 'extensions']);

/**
 * The parameters of a POST of JSON whose response is certain to be one JSON document: neither a stream, nor a refusal of the
 * parameters. Whatever is not certain is Yoga's to parse, and to refuse in its words.
 */
export const directRequestOf = (
  headers: IncomingHttpHeaders,
  body: Buffer,
  trusted: TrustedDocuments,
): DirectRequest | undefined => {
  if (mediaTypeOf(headers['content-type']) !== 'application/json') return undefined;
  const type = plainResultType(headers.accept);
  const params = type && withDocument(parse(body), trusted);
  return type && isPlainQuery(params) && !trusted.refuses(params.query) ? { params, type } : undefined;
};

/** Parameters with the document that an id names alone; any others as they are. */
const withDocument = (params: unknown, trusted: TrustedDocuments): unknown =>
  isObject(params) && params['documentId'] != null && params['query'] == null
    ? { ...params, query: trusted.find(params['documentId']), documentId: null }
    : params;

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
};

const isPlainQuery = (params: unknown): params is GraphQLParams => {
  if (!isObject(params)) return false;
  const { query, documentId, variables, operationName, extensions } = params;
  return (
    typeof query === 'string' &&
    // no subscription without its keyword, which has no other spelling
    !query.includes('subscription') &&
    documentId == null &&
    (variables == null || isObject(variables)) &&
    (operationName == null || typeof operationName === 'string') &&
    extensions == null &&
    Object.keys(params).every((name) => parameters.has(name))
  );
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All that Yoga's plugins read of a request once its parameters are known. */
const postRequest = { method: 'POST' } as Request;

/** Runs a request up to its result: a query that came often by itself, all else by all plugins of a Yoga server. */
export const runDirectly = async (
  { yoga, findHot, runHot }: GraphqlServer,
  { params }: DirectRequest,
  context: YogaServerContext,
  limits: Limits,
): Promise<ExecutionResult> => {
  const hot = findHot(params);
  const found = hot && (await runHot(hot, params, context.req));
  if (found) return found;
  const result = await yoga.getResultForParams({ params, request: postRequest }, context);
  if (!result || isAsyncIterable(result)) throw new Error('An operation that is no subscription returned no result.');
  return boundResult(result, limits);
};
