import { createHash } from 'node:crypto';
import { createGraphQLError, type GraphQLParams, type Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Limits } from '../domain/limits.js';
import { requestFault } from './request-fault.js';
import type { TrustedDocuments } from './trusted-documents.js';

type Bounds = Pick<Limits, 'persistedQueries' | 'persistedQueriesPerClient' | 'persistedQueryBytes'>;

interface Persisted {
  readonly query: string;
  readonly client: string;
}

/**
 * Documents by the SHA-256 of their text. Clients share them, as the hash names nothing but the content; each client may only keep so
 * many, so that none can evict all of the others'.
 */
export class PersistedQueries {
  readonly #documents: LRUCache<string, Persisted>;
  /** The hashes that each client keeps, least recently used first. */
  readonly #kept = new Map<string, Set<string>>();

  constructor(private readonly bounds: Bounds) {
    this.#documents = new LRUCache({
      max: bounds.persistedQueries,
      dispose: ({ client }, hash) => this.#release(client, hash),
    });
  }

  find(hash: string): string | undefined {
    const found = this.#documents.get(hash);
    const hashes = found && this.#kept.get(found.client);
    if (hashes?.delete(hash)) hashes.add(hash);
    return found?.query;
  }

  keep(client: string, hash: string, query: string): void {
    if (this.#documents.has(hash) || Buffer.byteLength(query) > this.bounds.persistedQueryBytes) return;
    const hashes = this.#kept.get(client) ?? new Set();
    const [oldest] = hashes;
    if (oldest !== undefined && hashes.size >= this.bounds.persistedQueriesPerClient) this.#documents.delete(oldest);
    this.#kept.set(client, hashes.add(hash));
    this.#documents.set(hash, { query, client });
  }

  #release(client: string, hash: string): void {
    const hashes = this.#kept.get(client);
    hashes?.delete(hash);
    if (hashes?.size === 0) this.#kept.delete(client);
  }
}

interface Persistence<Context> {
  readonly queries: PersistedQueries;
  readonly trusted: TrustedDocuments;
  /** Whose share of the documents a request uses. */
  readonly clientOf: (context: Context) => string;
}

/**
 * Automatic persisted queries, as Apollo's and urql's links send them: first the hash of a document, and the document only when the
 * server does not know it.
 */
export const usePersistedQueries = <Context extends Record<string, unknown>>({
  queries,
  trusted,
  clientOf,
}: Persistence<Context>): Plugin<Context> => ({
  onParams({ params, setParams, context }) {
    const hash = hashIn(params);
    if (hash === null) return;
    if (params.query == null) {
      const query = trusted.find(`sha256:${hash}`) ?? queries.find(hash);
      if (query === undefined) throw unknownQuery();
      setParams({ ...params, query });
      return;
    }
    // Yoga refuses what is no text
    if (typeof params.query !== 'string') return;
    if (createHash('sha256').update(params.query).digest('hex') !== hash) {
      throw requestFault(
        'The "sha256Hash" of the extension "persistedQuery" is not the SHA-256 of the query in the request.',
      );
    }
    queries.keep(clientOf(context as Context), hash, params.query);
  },
});

const hashIn = ({ extensions }: GraphQLParams): string | null => {
  const extension: unknown = extensions?.['persistedQuery'];
  if (extension == null) return null;
  const { version, sha256Hash } = extension as { version?: unknown; sha256Hash?: unknown };
  if (version === 1 && typeof sha256Hash === 'string' && /^[0-9a-f]{64}$/i.test(sha256Hash))
    return sha256Hash.toLowerCase();
  throw requestFault(
    'The extension "persistedQuery" takes {"version": 1, "sha256Hash": "..."} with the SHA-256 of the query in 64 hexadecimal digits.',
  );
};

/** The message is the protocol's: it makes clients send the document. */
const unknownQuery = () =>
  createGraphQLError('PersistedQueryNotFound', {
    extensions: { code: 'PERSISTED_QUERY_NOT_FOUND', http: { status: 400, spec: true } },
  });
