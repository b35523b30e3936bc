import { randomBytes } from 'node:crypto';
import { DeleteObjectCommand, ListObjectsCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseStoreLocation, type S3Location } from '../../src/blobs/store-location.js';
import type { Sha256 } from '../../src/domain/images/image.js';
import { deleteImage, uploadImage } from '../support/image-operations.js';
import { runTool } from '../support/run-tool.js';
import { useS3Bucket } from '../support/s3-bucket.js';
import { plainPng } from '../support/sample-images.js';
import { useTempFolder } from '../support/temp-folder.js';
import { startTestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 60_000 });

const bucket = useS3Bucket();

/** A running server with three images in a part of the bucket of its own. */
const start = async () => {
  const folder = await useTempFolder();
  const url = bucket.newUrl();
  const location = parseStoreLocation(url) as S3Location;
  const server = await startTestServer({ DATA_DIR: folder, BLOB_STORE_URL: url, BYTES_GRACE_HOURS: '0' });
  onTestFinished(() => server.app.close());
  const images = [];
  for (const red of [1, 2, 3]) {
    images.push(await uploadImage(server, await plainPng({ width: 8, height: 8 }, [red, 0, 0])));
  }
  const verify = (storeUrl = url) => runTool('cli/verify', [], { DATA_DIR: folder, BLOB_STORE_URL: storeUrl });
  const keys = async (): Promise<string[]> => {
    const { Contents = [] } = await bucket.client.send(
      new ListObjectsCommand({ Bucket: bucket.name, Prefix: location.prefix }),
    );
    return Contents.map(({ Key = '' }) => Key.slice(location.prefix.length));
  };
  return { server, images, location, verify, keys };
};

const keyOf = (sha256: string): string => `${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`;

test('originals are objects under their hash, next to the id of their database', async () => {
  const { images, keys } = await start();
  const expected = [...images.map(({ sha256 }) => keyOf(sha256)), 'store.json'];
  expect((await keys()).sort()).toEqual(expected.sort());
});

test('verify reads every object, next to the server, and reports what is missing, wrong or unknown', async () => {
  const { images, location, verify } = await start();
  expect(await verify()).toMatchObject({ code: 0, stderr: '' });
  const [missing, corrupt] = images;
  await bucket.client.send(
    new DeleteObjectCommand({ Bucket: location.bucket, Key: location.prefix + keyOf(missing.sha256) }),
  );
  await bucket.putObject(location, corrupt.sha256, randomBytes(100));
  await bucket.putObject(location, randomBytes(32).toString('hex') as Sha256, randomBytes(100));
  const { code, stdout } = await verify();
  expect(code).toBe(1);
  expect(stdout).toContain(`missing     ${missing.sha256}  accounts/${missing.accountId}/images/${missing.imageId}`);
  expect(stdout).toContain(`corrupt     ${corrupt.sha256}`);
  expect(stdout).toContain('Originals checked: 3 (missing 1, corrupt 1, unreadable 0).');
  expect(stdout).toContain('Unknown files: 1 (older than a day 0, removed 0).');
});

test('verify on a store that is away ends with 1, the store and the reason', async () => {
  const { verify } = await start();
  const { code, stdout, stderr } = await verify('s3://photos?endpoint=http://127.0.0.1:9&pathStyle=1');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^The store s3:\/\/photos\/ at http:\/\/127.0.0.1:9 cannot be used: .*ECONNREFUSED.*\n$/);
});

test('the sweeper removes the object of a deleted image, and no other', async () => {
  const { server, images, keys } = await start();
  const [deleted, ...kept] = images;
  await deleteImage(server, deleted.id);
  await expect.poll(() => server.app.images.sweep()).toBe(1);
  expect((await keys()).sort()).toEqual([...kept.map(({ sha256 }) => keyOf(sha256)), 'store.json'].sort());
});
