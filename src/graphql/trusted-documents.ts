import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { specifiedRules, validate } from 'graphql';
import { createGraphQLError, type GraphQLParams, type Plugin } from 'graphql-yoga';
import type { Limits } from '../domain/limits.js';
import { documentRules, parseDocument } from './document-limits.js';
import { quoted, requestFault } from './request-fault.js';
import { schema } from './schema.js';

/** `only`: no other document runs. `also`: the file saves clients from sending its documents. */
export type TrustMode = 'only' | 'also';

/** The file of trusted documents cannot be used; the message lists everything that is wrong with it. */
export class TrustedDocumentsError extends Error {
  override readonly name = 'TrustedDocumentsError';
}

/** Documents that the operator has given the server, by the ids that clients send in their place. */
export class TrustedDocuments {
  readonly #byId = new Map<string, string>();
  readonly #texts = new Set<string>();

  /** @param documents The text of each document by its id. */
  constructor(
    documents: ReadonlyMap<string, string> = new Map(),
    private readonly mode: TrustMode = 'also',
  ) {
    for (const [id, text] of documents) this.add(text, id);
  }

  /** Every document has its hash as an id: the specification asks for it, and clients of persisted queries send it. */
  add(text: string, id = hashId(text)): void {
    this.#texts.add(text);
    this.#byId.set(hashId(text), text).set(id, text);
  }

  find(id: unknown): string | undefined {
    return typeof id === 'string' ? this.#byId.get(id) : undefined;
  }

  /** Whether a text must not run. The exact text of a trusted document may. */
  refuses(text: unknown): boolean {
    return this.mode === 'only' && !(typeof text === 'string' && this.#texts.has(text));
  }

  /**
   * The parameters of a request with the document in the place of its id.
   * @throws a 400 if the id is unknown or names another document than the one that came with it, or if the document is not trusted.
   */
  resolve(params: GraphQLParams): GraphQLParams {
    const { documentId, ...rest } = params as GraphQLParams & { documentId?: unknown };
    if (documentId == null) {
      if (params.query != null && this.refuses(params.query)) throw untrusted();
      return params;
    }
    if (typeof documentId !== 'string')
      throw requestFault('"documentId" is not text. It must be the id of a document.');
    const text = this.find(documentId);
    if (text === undefined) throw unknownDocument(documentId);
    if (params.query != null && params.query !== text) {
      throw requestFault('"documentId" and "query" are different documents. Send one of them.');
    }
    return { ...rest, query: text };
  }
}

const hashId = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** Runs the document that `documentId` names, as https://github.com/graphql/graphql-over-http/pull/264 describes it. */
export const useTrustedDocuments = (trusted: TrustedDocuments): Plugin => ({
  onParams({ params, setParams }) {
    const resolved = trusted.resolve(params);
    if (resolved !== params) setParams(resolved);
  },
});

const refusal = (code: string, message: string) =>
  createGraphQLError(message, { extensions: { code, http: { status: 400 } } });

const unknownDocument = (id: string) =>
  refusal(
    'PERSISTED_DOCUMENT_NOT_FOUND',
    `No trusted document of this server has the id ${quoted(id)}. The server has the documents that were given to it when it started.`,
  );

const untrusted = () =>
  refusal(
    'PERSISTED_DOCUMENT_REQUIRED',
    'This server runs trusted documents only, and this is none of them. Send the "documentId" of a trusted document.',
  );

interface TrustOptions {
  readonly limits: Limits;
  readonly introspection: boolean;
}

const idPattern = /^[\x21-\x7e]{1,256}$/;

/**
 * Reads a JSON object of documents by id, as code generators write it, and checks each document as if it had been sent.
 * @throws {TrustedDocumentsError}
 */
export const readTrustedDocuments = (path: string, options: TrustOptions): ReadonlyMap<string, string> => {
  const entries = Object.entries(readObject(path, options.limits));
  const { trustedDocuments } = options.limits;
  if (entries.length > trustedDocuments) {
    throw unusable(path, `It has ${entries.length} documents. At most ${trustedDocuments} are accepted.`);
  }
  const documents = new Map<string, string>();
  const problems: string[] = [];
  for (const [id, text] of entries) {
    const problem = typeof text === 'string' ? problemOf(id, text, options) : 'It is not the text of a document.';
    if (problem === undefined) documents.set(id, String(text));
    else problems.push(`  ${quoted(id)}: ${problem}`);
  }
  if (problems.length === 0) return documents;
  throw unusable(path, `${problems.length} of ${entries.length} documents cannot be used:\n${problems.join('\n')}`);
};

const unusable = (path: string, reason: string) => new TrustedDocumentsError(`TRUSTED_DOCUMENTS=${path}: ${reason}`);

const readObject = (path: string, { trustedDocumentsBytes }: Limits): object => {
  let parsed: unknown;
  try {
    const { size } = statSync(path);
    if (size > trustedDocumentsBytes) {
      throw new RangeError(`It has ${size} bytes. At most ${trustedDocumentsBytes} are accepted.`);
    }
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw unusable(path, `Must be a JSON file. ${error instanceof Error ? error.message : error}`);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw unusable(path, 'Must be a JSON object of documents by id, such as {"sha256:...": "query { ... }"}.');
};

const problemOf = (id: string, text: string, { limits, introspection }: TrustOptions): string | undefined => {
  if (!idPattern.test(id)) return 'An id must be 1 to 256 printable ASCII characters without spaces.';
  if (id.startsWith('sha256:') && id !== hashId(text)) return 'The id is not the SHA-256 of the document.';
  try {
    const document = parseDocument(text, limits);
    const errors = validate(schema, document, [...specifiedRules, ...documentRules(limits, introspection)]);
    return errors.length > 0 ? errors.map(({ message }) => message).join(' ') : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
