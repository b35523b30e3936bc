import { randomUUID } from 'node:crypto';
import Database from 'libsql';
import { inject } from 'vitest';
import { createDatabase, dropDatabase, queryDatabase } from '../../scripts/postgresql-server.mjs';
import { openByteStore } from '../../src/blobs/open-blob-store.js';
import type { Config } from '../../src/config.js';

// the tests in a browser have no such run
const shared = inject('sharedStores') ?? null;

/** Whether the test servers keep their state in SQLite; otherwise it is in PostgreSQL, and originals are on S3. */
export const onSqlite = shared === null;

/** Where one installation of the tests keeps its state and its originals. */
interface ServerStores {
  /** Variables of the configuration; none for the defaults in the data folder. */
  readonly variables: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** A new database and an empty part of the bucket, or what the data folder has by default. */
export const newStores = async (): Promise<ServerStores> => {
  if (!shared) return { variables: {}, remove: async () => undefined };
  Object.assign(process.env, shared.credentials, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
  const directUrl = await createDatabase(shared.templateUrl, shared.templateUrl);
  // a copy knows the store of the template, and each installation has one of its own
  await queryDatabase(directUrl, `UPDATE "Store" SET "id" = replace(gen_random_uuid()::text, '-', '')`);
  const url = new URL(shared.pooledUrl);
  url.pathname = new URL(directUrl).pathname;
  return {
    variables: {
      DATABASE_URL: url.href,
      DATABASE_DIRECT_URL: directUrl,
      BLOB_STORE_URL: `s3://${shared.bucket}/${randomUUID()}?endpoint=${encodeURIComponent(shared.s3Endpoint)}&pathStyle=1`,
    },
    remove: () => dropDatabase(directUrl),
  };
};

/** Runs SQL in a server's database, as somebody else does who has access to it. Resolves with the rows. */
export const runSql = async ({ database }: Config, sql: string): Promise<Record<string, unknown>[]> => {
  if (database.kind === 'file') {
    const connection = new Database(database.path);
    try {
      if (/^\s*SELECT/i.test(sql)) return connection.prepare(sql).all() as Record<string, unknown>[];
      connection.exec(sql);
      return [];
    } finally {
      connection.close();
    }
  }
  return queryDatabase(database.directUrl.href, sql);
};

/** The hashes of all originals that a server has stored. */
export const storedHashes = async ({ blobStore, limits }: Config): Promise<string[]> => {
  const { store, close } = await openByteStore(blobStore, limits);
  const hashes: string[] = [];
  for await (const { sha256 } of store.list()) hashes.push(sha256);
  close();
  return hashes;
};
