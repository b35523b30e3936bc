import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { S3Objects } from '../../../src/blobs/s3/s3-objects.js';
import { S3Store } from '../../../src/blobs/s3/s3-store.js';
import { StoreFailureError } from '../../../src/blobs/s3/store-failure.js';
import type { S3Location } from '../../../src/blobs/store-location.js';
import type { Sha256 } from '../../../src/domain/images/image.js';
import { type StoreFault, startFaultyStore } from '../../support/faulty-store.js';
import { useS3Bucket } from '../../support/s3-bucket.js';
import { writeSpooledFile } from '../../support/spooled-file.js';
import { useTempFolder } from '../../support/temp-folder.js';

const bucket = useS3Bucket();

/** A silence is short, so that the tests are. */
const timeouts = { totalMs: 3_000, silenceMs: 400 };

const openFaulty = async () => {
  const faulty = await startFaultyStore(bucket.endpoint);
  const failures: StoreFailureError[] = [];
  const location: S3Location = { ...bucket.newLocation(), endpoint: faulty.endpoint };
  const store = new S3Store(new S3Objects(location, timeouts, (failure) => void failures.push(failure)));
  const file = await writeSpooledFile(await useTempFolder(), randomBytes(300_000));
  await store.put(file);
  return { faulty, failures, store, file, location };
};

/** Everything that a server asks a store. */
const operations = (store: S3Store, sha256: Sha256): Record<string, () => Promise<unknown>> => ({
  GetObject: async () => (await store.open(sha256))?.stream.toArray(),
  DeleteObject: () => store.remove(sha256),
  ListObjects: async () => {
    for await (const _ of store.list()) return;
  },
});

const causeOf = (error: unknown): string => String((error as Error).cause);

test.each<[StoreFault, RegExp, number]>([
  ['forbidden', /AccessDenied Access Denied \(HTTP 403\)/, 1],
  ['bucketGone', /NoSuchBucket .*\(HTTP 404\)/, 1],
  ['overloaded', /SlowDown .*\(HTTP 503\)/, 3],
  ['brokenProxy', /502/, 3],
  ['silent', /not done in 3000 ms|400 ms/, 3],
  ['reset', /ECONNRESET|socket hang up/, 3],
])('a store that is %s fails every operation in time, with the cause for the log', async (fault, cause, attempts) => {
  const { faulty, failures, store, file } = await openFaulty();
  const all = { PutObject: () => store.put(file), ...operations(store, file.sha256) };
  for (const [name, operation] of Object.entries(all)) {
    faulty.fail(fault);
    const startedAt = performance.now();
    const error = await operation().catch((error: unknown) => error);
    expect(performance.now() - startedAt, name).toBeLessThan(timeouts.totalMs + 1_500);
    expect(error, name).toBeInstanceOf(StoreFailureError);
    expect(causeOf(error), name).toMatch(cause);
    expect(causeOf(error)).toContain(`${name}: `);
    expect((error as Error).message).not.toMatch(/S3|AccessDenied|127\.0\.0\.1/);
    // retries are bounded, and what would fail again is not tried again
    expect(faulty.methods.length, name).toBe(attempts);
    expect(failures.at(-1)).toBe(error);
  }
  faulty.fail(null);
  expect(await store.open(file.sha256)).not.toBeNull();
});

test.each<[StoreFault, RegExp]>([
  ['cut', /aborted|ECONNRESET/],
  ['stalled', /timed out after 400 ms/],
])('a response that is %s ends in an error in time, and never as if it were whole', async (fault, cause) => {
  const { faulty, store, file } = await openFaulty();
  faulty.fail(fault);
  const opened = await store.open(file.sha256);
  const error = await opened?.stream.toArray().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StoreFailureError);
  expect(causeOf(error)).toMatch(cause);
  await expect(store.storeId()).resolves.toBe('unreadable');
});

test('a store that nobody listens at, or whose name is unknown, fails with that reason', async () => {
  const { faulty, store, file, location } = await openFaulty();
  await faulty.refuseConnections(true);
  expect(causeOf(await store.put(file).catch((error: unknown) => error))).toContain('ECONNREFUSED');
  await faulty.refuseConnections(false);
  await store.put(file);
  const unknown = new S3Store(
    new S3Objects({ ...location, endpoint: 'http://no-such-store.invalid' }, timeouts, () => undefined),
  );
  expect(causeOf(await unknown.storeId().catch((error: unknown) => error))).toMatch(/ENOTFOUND|EAI_AGAIN/);
});

test('a put is tried again with the whole file', async () => {
  const { faulty, store } = await openFaulty();
  const bytes = randomBytes(2_000_000);
  const file = await writeSpooledFile(await useTempFolder(), bytes);
  faulty.fail('overloaded');
  const putting = store.put(file);
  await expect.poll(() => faulty.methods.length).toBeGreaterThan(0);
  faulty.fail(null);
  await putting;
  expect(Buffer.concat((await (await store.open(file.sha256))?.stream.toArray()) ?? []).equals(bytes)).toBe(true);
});

test('the store receives the hash of the bytes', async () => {
  const { store } = await openFaulty();
  const file = await writeSpooledFile(await useTempFolder());
  const other = await writeSpooledFile(await useTempFolder());
  // a store that compares refuses; one that does not stores what the next reader refuses
  await store.put({ ...file, path: other.path }).catch((error: unknown) => {
    expect(causeOf(error)).toMatch(/SHA256Mismatch|BadDigest|HTTP 400/);
  });
});

test('a file that is gone or ends too early is no failure of the store', async () => {
  const { store, failures } = await openFaulty();
  const gone = await writeSpooledFile(await useTempFolder());
  await rm(gone.path);
  await expect(store.put(gone)).rejects.toThrow('ENOENT');
  expect(failures).toEqual([]);
});

test('objects of others in the bucket are neither listed nor taken for an id', async () => {
  const location = bucket.newLocation();
  const store = new S3Store(new S3Objects(location, timeouts, () => undefined));
  const inside = new S3Store(
    new S3Objects({ ...location, prefix: `${location.prefix}inside/` }, timeouts, () => undefined),
  );
  const file = await writeSpooledFile(await useTempFolder());
  await inside.put(file);
  await inside.setStoreId('of another');
  expect(await store.storeId()).toBeNull();
  const listed: string[] = [];
  for await (const { sha256 } of store.list()) listed.push(sha256);
  expect(listed).toEqual([]);
});
