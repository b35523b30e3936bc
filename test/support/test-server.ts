import { type App, createApp, type Overrides } from '../../src/app.js';
import { parseConfig } from '../../src/config.js';
import { makeTempFolder } from './temp-folder.js';

export interface GraphqlAnswer<Data> {
  readonly status: number;
  readonly data: Data;
  readonly errors?: readonly { message: string; path?: readonly (string | number)[]; extensions?: { code?: string } }[];
}

export interface TestServer {
  readonly url: string;
  readonly app: App;
  readonly dataFolder: string;
  /** The SQL that was run so far. */
  readonly sql: string[];
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what an answer has
  query<Data = any>(
    document: string,
    variables?: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<GraphqlAnswer<Data>>;
  /** Sends files by the multipart request specification; each goes to the path of the variables that is its key. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  upload<Data = any>(
    document: string,
    variables: Record<string, unknown>,
    files: Record<string, Uint8Array>,
    headers?: Record<string, string>,
  ): Promise<GraphqlAnswer<Data>>;
  close(): Promise<void>;
}

export const accountId = '3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb';

/** The real server on a free port of this machine with a data folder of its own. */
export const startTestServer = async (
  variables: Record<string, string> = {},
  overrides: Overrides = {},
): Promise<TestServer> => {
  const folder = await makeTempFolder();
  const sql: string[] = [];
  const config = parseConfig({ PORT: '0', DATA_DIR: folder.path, LOG_LEVEL: 'silent', ...variables });
  const app = await createApp(config, { onQuery: (statement) => sql.push(statement), ...overrides });
  const url = await app.listen();

  const answerOf = async (response: Response) => ({ status: response.status, ...((await response.json()) as object) });
  return {
    url,
    app,
    dataFolder: config.dataFolder,
    sql,
    query: async (query, given = {}, headers = {}) =>
      (await answerOf(
        await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ query, variables: given }),
        }),
      )) as GraphqlAnswer<never>,
    upload: async (query, given, files, headers = {}) =>
      (await answerOf(
        await fetch(`${url}/graphql`, uploadRequest(query, given, files, headers)),
      )) as GraphqlAnswer<never>,
    close: async () => {
      await app.close();
      await folder.remove();
    },
  };
};

/** A multipart request as the upload clients of the field send it. */
const uploadRequest = (
  query: string,
  variables: Record<string, unknown>,
  files: Record<string, Uint8Array>,
  headers: Record<string, string>,
): RequestInit => {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables }));
  form.set(
    'map',
    JSON.stringify(Object.fromEntries(Object.keys(files).map((path, index) => [index, [`variables.${path}`]]))),
  );
  for (const [index, bytes] of Object.values(files).entries()) {
    form.set(String(index), new Blob([new Uint8Array(bytes)]), `file-${index}`);
  }
  return { method: 'POST', headers: { 'apollo-require-preflight': '1', ...headers }, body: form };
};
