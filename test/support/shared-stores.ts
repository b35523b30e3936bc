import { randomUUID } from 'node:crypto';
import type { TestProject } from 'vitest/node';

/** The PostgreSQL and the S3 store that all test servers of a run share. */
export interface SharedStores {
  /** A database with all migrations, which nobody is connected to: those of the test servers are copies of it. */
  readonly templateUrl: string;
  /** The template's server through a pooler; the same as `templateUrl` without one. */
  readonly pooledUrl: string;
  readonly s3Endpoint: string;
  readonly bucket: string;
  /** Variables with which the AWS SDK finds the credentials. */
  readonly credentials: Readonly<Record<string, string>>;
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly sharedStores: SharedStores | null;
  }
}

/**
 * Opens what `TEST_STORES` names for the whole run: `postgresql+s3`, or nothing for SQLite and folders. `TEST_DATABASE_URL` and
 * `TEST_S3_ENDPOINT` name servers that exist, and `TEST_DATABASE_DIRECT_URL` the way past a pooler; the others are started.
 */
export default async ({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> => {
  const { TEST_STORES: stores = '' } = process.env;
  if (stores === '') {
    provide('sharedStores', null);
    return undefined;
  }
  if (stores !== 'postgresql+s3') throw new Error(`TEST_STORES=${stores}: accepts postgresql+s3 only.`);
  // on a line of Node that it will give up, the AWS SDK says so on the standard error
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const stops: (() => Promise<void>)[] = [];
  const { templateUrl, pooledUrl } = await openPostgresql(stops);
  const { endpoint, credentials } = await openS3(stops);
  const bucket = `test-${randomUUID()}`;
  await createBucket(endpoint, bucket);
  provide('sharedStores', { templateUrl, pooledUrl, s3Endpoint: endpoint, bucket, credentials });
  return async () => {
    for (const stop of stops.reverse()) await stop();
  };
};

const openPostgresql = async (stops: (() => Promise<void>)[]) => {
  const { migratePostgresql } = await import('../../src/state/postgresql/migrate.js');
  const { parsePostgresqlLocation } = await import('../../src/state/postgresql/location.js');
  const { TEST_DATABASE_URL: url, TEST_DATABASE_DIRECT_URL: directUrl } = process.env;
  const { createDatabase, dropDatabase, startPostgresql } = await import('../../scripts/postgresql-server.mjs');
  let serverUrl = directUrl ?? url;
  if (serverUrl === undefined) {
    // each test server has a pool of its own
    const server = await startPostgresql(['max_connections=300']);
    stops.push(server.stop);
    serverUrl = server.url;
  }
  const templateUrl = await createDatabase(serverUrl);
  stops.push(() => dropDatabase(templateUrl));
  await migratePostgresql(parsePostgresqlLocation(templateUrl, undefined));
  return { templateUrl, pooledUrl: url ?? templateUrl };
};

const openS3 = async (stops: (() => Promise<void>)[]) => {
  const { TEST_S3_ENDPOINT: given, AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
  if (given) return { endpoint: given, credentials: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } };
  const { s3rverCredentials, startS3rver } = await import('./s3rver-server.js');
  const { endpoint, stop } = await startS3rver();
  stops.push(stop);
  Object.assign(process.env, s3rverCredentials);
  return { endpoint, credentials: s3rverCredentials };
};

const createBucket = async (endpoint: string, bucket: string): Promise<void> => {
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
};
