export interface GraphqlResponse<Data> {
  readonly status: number;
  readonly data: Data;
  readonly errors?: readonly { message: string; path?: readonly (string | number)[]; extensions?: { code?: string } }[];
}

export interface GraphqlClient {
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what an answer has
  query<Data = any>(
    document: string,
    variables?: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<GraphqlResponse<Data>>;
  /** Sends files by the multipart request specification; each goes to the path of the variables that is its key. A `File` has its own name. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  upload<Data = any>(
    document: string,
    variables: Record<string, unknown>,
    files: Record<string, Uint8Array | File>,
    headers?: Record<string, string>,
  ): Promise<GraphqlResponse<Data>>;
}

/** Talks to the GraphQL API of the server at a base URL. */
export const graphqlClient = (url: string): GraphqlClient => {
  const send = async (request: RequestInit): Promise<GraphqlResponse<never>> => {
    const response = await fetch(`${url}/graphql`, { method: 'POST', ...request });
    return { status: response.status, ...((await response.json()) as { data: never }) };
  };
  return {
    query: (query, variables = {}, headers = {}) =>
      send({ headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ query, variables }) }),
    upload: (query, variables, files, headers = {}) =>
      send({ headers: { 'apollo-require-preflight': '1', ...headers }, body: multipartForm(query, variables, files) }),
  };
};

/** A multipart request as the upload clients of the field send it. */
const multipartForm = (
  query: string,
  variables: Record<string, unknown>,
  files: Record<string, Uint8Array | File>,
): FormData => {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables }));
  form.set(
    'map',
    JSON.stringify(Object.fromEntries(Object.keys(files).map((path, index) => [index, [`variables.${path}`]]))),
  );
  for (const [index, bytes] of Object.values(files).entries()) {
    if (bytes instanceof File) form.set(String(index), bytes);
    else form.set(String(index), new Blob([new Uint8Array(bytes)]), `file-${index}`);
  }
  return form;
};
