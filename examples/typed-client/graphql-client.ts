import type { TypedDocumentString } from './generated/graphql.js';

interface GraphqlErrorEntry {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

/** The server could not do what the document asks. Failures that a user can cause are results, and never thrown. */
export class GraphqlRequestError extends Error {
  override readonly name = 'GraphqlRequestError';
  constructor(
    readonly status: number,
    readonly errors: readonly GraphqlErrorEntry[],
  ) {
    super(errors.map(({ message }) => message).join('\n') || `The server responded with ${status}.`);
  }
}

interface ClientOptions {
  /** Sent with each request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Variables = Readonly<Record<string, unknown>>;

/** Runs the operations of `graphql()`. Files may be anywhere in the variables. */
export type Execute = <Result, Given extends Variables>(
  document: TypedDocumentString<Result, Given>,
  variables: Given,
  signal?: AbortSignal,
) => Promise<Result>;

export const createClient =
  (endpoint: string, { headers = {} }: ClientOptions = {}): Execute =>
  async <Result, Given extends Variables>(
    document: TypedDocumentString<Result, Given>,
    variables: Given,
    signal?: AbortSignal,
  ) => {
    const files = new Map<Blob, string[]>();
    const operations = JSON.stringify({ query: String(document), variables: takeFiles(variables, 'variables', files) });
    const response = await fetch(endpoint, {
      method: 'POST',
      signal: signal ?? null,
      ...(files.size > 0
        ? // The header proves to the server that no foreign page sent the form; the browser writes the content type
          { headers: { ...headers, 'apollo-require-preflight': '1' }, body: multipartForm(operations, files) }
        : { headers: { ...headers, 'content-type': 'application/json' }, body: operations }),
    });
    const body: { data?: Result | null; errors?: GraphqlErrorEntry[] } = await response.json().catch(() => ({}));
    const { data, errors } = body;
    if (!data || errors) throw new GraphqlRequestError(response.status, errors ?? []);
    return data;
  };

/** A copy of the variables with null for each file; the files are kept with the paths to their places. */
const takeFiles = (value: unknown, path: string, files: Map<Blob, string[]>): unknown => {
  if (value instanceof Blob) {
    files.set(value, [...(files.get(value) ?? []), path]);
    return null;
  }
  if (Array.isArray(value)) return value.map((item, index) => takeFiles(item, `${path}.${index}`, files));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, takeFiles(item, `${path}.${key}`, files)]),
  );
};

/** "operations, map, then the files": https://github.com/jaydenseric/graphql-multipart-request-spec */
const multipartForm = (operations: string, files: ReadonlyMap<Blob, readonly string[]>): FormData => {
  const form = new FormData();
  form.set('operations', operations);
  form.set('map', JSON.stringify(Object.fromEntries([...files.values()].map((paths, index) => [index, paths]))));
  for (const [index, file] of [...files.keys()].entries()) form.set(String(index), file);
  return form;
};
