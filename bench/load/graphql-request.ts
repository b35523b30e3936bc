import type { LoadRequest } from './http-load.js';

/** A POST of JSON, as most clients send an operation. */
export const graphqlRequest = (url: string, query: string, variables: object = {}): LoadRequest => ({
  url,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query, variables }),
});
