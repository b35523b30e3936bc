import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from 'vitest';
import { parseStoreLocation, type S3Location } from '../../src/blobs/store-location.js';
import type { Sha256 } from '../../src/domain/images/image.js';
import { s3rverCredentials, startS3rver } from './s3rver-server.js';

/** An S3 store, and a bucket in it for the tests of one file. */
export interface S3Bucket {
  readonly endpoint: string;
  readonly client: S3Client;
  readonly name: string;
  /** Whether it is that of `TEST_S3_ENDPOINT`. */
  readonly isExternal: boolean;
  /** A value of BLOB_STORE_URL: a part of the bucket that is empty. */
  newUrl(): string;
  newLocation(): S3Location;
  /** Puts an object without asking what its hash is. */
  putObject(location: S3Location, sha256: Sha256, bytes: Uint8Array): Promise<void>;
}

/**
 * The store of `TEST_S3_ENDPOINT`, with the credentials of the environment, or else an S3rver of the file's own, whose credentials are
 * put into the environment.
 */
export const useS3Bucket = (): S3Bucket => {
  const name = `test-${randomUUID()}`;
  let endpoint = process.env['TEST_S3_ENDPOINT'] ?? '';
  let client: S3Client | undefined;
  const clientNow = (): S3Client => {
    client ??= new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
    return client;
  };
  const release: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    // on a line of Node that it will give up it says so on the standard error of the processes that tests start
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
    if (endpoint === '') {
      Object.assign(process.env, s3rverCredentials);
      const server = await startS3rver();
      endpoint = server.endpoint;
      release.push(server.stop);
    }
    await clientNow().send(new CreateBucketCommand({ Bucket: name }));
  });
  afterAll(async () => {
    client?.destroy();
    for (const step of release) await step();
  });

  const newUrl = () => `s3://${name}/${randomUUID()}?endpoint=${encodeURIComponent(endpoint)}&pathStyle=1`;
  return {
    get endpoint() {
      return endpoint;
    },
    get client() {
      return clientNow();
    },
    name,
    isExternal: process.env['TEST_S3_ENDPOINT'] !== undefined,
    newUrl,
    newLocation: () => parseStoreLocation(newUrl()) as S3Location,
    putObject: async ({ bucket, prefix }, sha256, bytes) => {
      const Key = `${prefix}${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`;
      await clientNow().send(new PutObjectCommand({ Bucket: bucket, Key, Body: bytes }));
    },
  };
};
