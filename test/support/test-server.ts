import { type App, createApp } from '../../src/app/app.js';
import type { Overrides } from '../../src/app/overrides.js';
import { parseConfig } from '../../src/config.js';
import { type GraphqlClient, graphqlClient } from './graphql-client.js';
import { makeTempFolder } from './temp-folder.js';

export interface TestServer extends GraphqlClient {
  readonly url: string;
  readonly app: App;
  readonly dataFolder: string;
  /** The SQL that was run so far. */
  readonly sql: string[];
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
  const app = await createApp(config, {
    onQuery: (statement) => sql.push(statement),
    // any suite can be run on the other ways through GraphQL
    directGraphql: process.env['GRAPHQL_THROUGH_YOGA'] !== '1',
    ...(process.env['GRAPHQL_COMPILED'] === '1' ? { compileAfter: 1 } : {}),
    ...overrides,
  });
  const url = await app.listen();
  return {
    ...graphqlClient(url),
    url,
    app,
    dataFolder: config.dataFolder,
    sql,
    close: async () => {
      await app.close();
      await folder.remove();
    },
  };
};
