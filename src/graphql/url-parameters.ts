import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { mediaTypeOf } from '../lib/media-type.js';
import { queryOf } from '../lib/utf8.js';
import { requestFault } from './request-fault.js';

/**
 * Parses the parameters of a URL or a form in place of Yoga's parser, which does not know `documentId`, and reports text that is no JSON as
 * a failure of the server.
 */
export const useUrlParameters = (): Plugin => ({
  onRequestParse({ request, setRequestParser }) {
    const { method, url } = request;
    if (method === 'GET') {
      setRequestParser(() => parametersOf(queryOf(url)));
    } else if (
      method === 'POST' &&
      mediaTypeOf(request.headers.get('content-type')) === 'application/x-www-form-urlencoded'
    ) {
      setRequestParser(async () => parametersOf(await request.text()));
    }
  },
});

const parametersOf = (encoded: string): GraphQLParams => {
  const fields = new URLSearchParams(encoded);
  const texts = ['query', 'documentId', 'operationName'].map((name) => [name, fields.get(name) || undefined] as const);
  const objects = ['variables', 'extensions'].map((name) => [name, jsonIn(fields.get(name))] as const);
  return Object.fromEntries([...texts, ...objects].filter(([, value]) => value !== undefined));
};

const jsonIn = (text: string | null) => {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw requestFault('The parameters "variables" and "extensions" take JSON objects, and one is no JSON.');
  }
};
