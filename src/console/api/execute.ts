import type { TypedDocumentString } from '../generated/graphql.js';

/** Where the server is: the console is served at `/console` below it, whatever a proxy puts in front. */
export const serverUrl = new URL('.', location.href);
export const graphqlUrl = new URL('graphql', serverUrl).href;

export type Document<Result, Variables> = TypedDocumentString<Result, Variables>;

/** A response of GraphQL, as far as it matters here. */
interface GraphqlResponse<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** A request that has no result, and why. `NETWORK` if no response arrived. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }

  /** Whether the same request may succeed later without anybody's doing. */
  get isTemporary(): boolean {
    return ['NETWORK', 'UNAVAILABLE', 'LIMIT_EXCEEDED', 'RATE_LIMITED'].includes(this.code);
  }
}

export const unreachable = (): RequestError => new RequestError('The server cannot be reached.', 'NETWORK');

/** @throws {RequestError} for anything but a result without errors. */
export const resultOf = <Result>(status: number, text: string): Result => {
  const response = parse<Result>(text);
  const [error] = response?.errors ?? [];
  if (error) throw new RequestError(error.message, error.extensions?.code ?? codeOf(status));
  if (response?.data) return response.data;
  throw new RequestError(`The server responded with ${status} and no result.`, codeOf(status));
};

const parse = <Result>(text: string): GraphqlResponse<Result> | undefined => {
  try {
    return JSON.parse(text) as GraphqlResponse<Result>;
  } catch {
    return undefined;
  }
};

const codeOf = (status: number): string => {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 429) return 'RATE_LIMITED';
  return [502, 503, 504].includes(status) ? 'UNAVAILABLE' : 'UNEXPECTED';
};

/** @throws {RequestError} */
export const execute = async <Result, Variables>(
  headers: Readonly<Record<string, string>>,
  document: Document<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> => {
  const body = JSON.stringify({ query: document.toString(), variables });
  const response = await fetch(graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
    body,
    ...(signal ? { signal } : {}),
  }).catch(() => {
    throw unreachable();
  });
  const text = await response.text().catch(() => {
    throw unreachable();
  });
  return resultOf(response.status, text);
};
