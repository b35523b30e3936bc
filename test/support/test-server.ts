import { type App, createApp } from '../../src/app/app.js';
import type { Overrides } from '../../src/app/overrides.js';
import { type Config, parseConfig } from '../../src/config.js';
import { type GraphqlClient, graphqlClient } from './graphql-client.js';
import { newStores } from './server-stores.js';
import { makeTempFolder } from './temp-folder.js';

export interface TestServer extends GraphqlClient {
  readonly url: string;
  readonly app: App;
  readonly config: Config;
  readonly dataFolder: string;
  /** Variables with which a tool or another server finds the same state and the same originals. */
  readonly variables: Record<string, string>;
  /** The SQL that requests ran so far. */
  readonly sql: string[];
  close(): Promise<void>;
}

export const accountId = '3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb';

/** What a server that shares its database runs again and again, whatever is requested: it looks for webhooks to deliver to. */
const ownWork = /"Webhook"."disabledOn" IS NULL/;

/** The stores of the data folders that tests give: a server that is started again finds its state and originals. */
const storesOfFolder = new Map<string, ReturnType<typeof newStores>>();

const storesFor = (dataFolder: string | undefined): ReturnType<typeof newStores> => {
  if (dataFolder === undefined) return newStores();
  const stores = storesOfFolder.get(dataFolder) ?? newStores();
  storesOfFolder.set(dataFolder, stores);
  return stores;
};

/** The real server on a free port of this machine with a data folder of its own. */
export const startTestServer = async (
  given: Record<string, string> = {},
  overrides: Overrides = {},
): Promise<TestServer> => {
  const folder = await makeTempFolder();
  const stores = await storesFor(given['DATA_DIR']);
  const variables = { DATA_DIR: folder.path, ...stores.variables, ...given };
  const sql: string[] = [];
  const config = parseConfig({
    PORT: '0',
    LOG_LEVEL: 'silent',
    // a suite sends more requests in a minute than one key may by default
    ...(given['AUTH'] === 'keys' ? { RATE_LIMIT_MAX: '1000000' } : {}),
    ...variables,
  });
  const app = await createApp(config, {
    onQuery: (statement) => {
      if (!ownWork.test(statement)) sql.push(statement);
    },
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
    config,
    dataFolder: config.dataFolder,
    variables,
    sql,
    close: async () => {
      await app.close();
      await folder.remove();
      if (given['DATA_DIR'] === undefined) await stores.remove();
    },
  };
};
