import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type FaultyStore, type StoreFault, startFaultyStore } from '../support/faulty-store.js';
import { uploadImage } from '../support/image-operations.js';
import { useS3Bucket } from '../support/s3-bucket.js';
import { photoJpeg, plainPng } from '../support/sample-images.js';
import { runServerProcess, startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId, startTestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 60_000 });

const bucket = useS3Bucket();

/** A server whose store can fail, with an image in it, and what it logs. */
const startServer = async (variables: Record<string, string> = {}) => {
  const faulty = await startFaultyStore(bucket.endpoint);
  const logged: string[] = [];
  const url = bucket.newUrl().replace(encodeURIComponent(bucket.endpoint), encodeURIComponent(faulty.endpoint));
  const server = await startTestServer(
    { BLOB_STORE_URL: url, LOG_LEVEL: 'warn', ...variables },
    { logStream: { write: (line) => void logged.push(line) } },
  );
  onTestFinished(() => server.close());
  const bytes = await photoJpeg({ width: 300, height: 200 });
  const image = await uploadImage(server, bytes);
  expect(image.code).toBeUndefined();
  return { faulty, server, logged, bytes, image, url };
};

const moovUpload = async (serverUrl: string, bytes: Uint8Array): Promise<Response> => {
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(bytes)]), 'a.png');
  return fetch(`${serverUrl}/accounts/${accountId}/images`, { method: 'POST', body: form });
};

/** Everything that needs the store is a 503 that says when to try again; everything else goes on. */
const expectOutage = async (
  { server, image }: Awaited<ReturnType<typeof startServer>>,
  cause: RegExp,
  log: string[],
) => {
  const responses = await Promise.all([
    fetch(`${image.link}?size=50x50`),
    fetch(image.originalUrl),
    moovUpload(server.url, await plainPng({ width: 9, height: 9 }, [1, 2, 3])),
  ]);
  for (const response of responses) {
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.text()).not.toMatch(/127\.0\.0\.1|AccessDenied|NoSuchBucket/);
  }
  const refused = await server.upload(
    `mutation($file: File!) { uploadImage(input: { accountId: "${accountId}", file: $file }) { __typename } }`,
    { file: null },
    { file: await plainPng({ width: 9, height: 9 }, [4, 5, 6]) },
  );
  expect(refused.errors?.[0]?.extensions?.code).toBe('UNAVAILABLE');
  expect(log.join('')).toMatch(cause);
  const ready = await fetch(`${server.url}/health/ready`);
  expect({ status: ready.status, body: await ready.json() }).toEqual({
    status: 503,
    body: { status: 'unavailable', failed: ['blobStore'] },
  });
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  const { data } = await server.query(`{ images(accountId: "${accountId}") { nodes { sha256 } } }`);
  expect(data.images.nodes).toEqual([{ sha256: image.sha256 }]);
};

const faults: [string, (faulty: FaultyStore) => unknown, RegExp][] = [
  ...(['forbidden', 'bucketGone', 'overloaded', 'conflict', 'brokenProxy', 'reset', 'cut'] satisfies StoreFault[]).map(
    (fault): [string, (faulty: FaultyStore) => unknown, RegExp] => [
      fault,
      (faulty) => faulty.fail(fault),
      /AccessDenied|NoSuchBucket|SlowDown|OperationAborted|502|ECONNRESET|socket hang up|aborted/,
    ],
  ),
  ['off', (faulty) => faulty.refuseConnections(true), /ECONNREFUSED/],
];

test.each(faults)(
  'while the store is %s, what needs it is a 503, the log has the cause, and it works again without a restart',
  async (_name, breakIt, cause) => {
    const started = await startServer({ ORIGINAL_CACHE_BYTES: '0' });
    const { faulty, server, bytes, image, logged } = started;
    await breakIt(faulty);
    await expectOutage(started, cause, logged);
    faulty.fail(null);
    await faulty.refuseConnections(false).catch(() => undefined);
    await expect.poll(async () => (await fetch(`${server.url}/health/ready`)).status, { timeout: 10_000 }).toBe(200);
    expect((await fetch(`${image.link}?size=50x50`)).status).toBe(200);
    const original = await fetch(image.originalUrl);
    expect(Buffer.from(await original.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await moovUpload(server.url, await plainPng({ width: 9, height: 9 }, [1, 2, 3]))).status).toBe(201);
  },
);

test.each(['conflict', 'overloaded', 'reset'] as const)(
  'a request that fails twice by %s is repeated',
  async (fault) => {
    const { faulty, server } = await startServer();
    faulty.fail(fault, 2);
    expect((await moovUpload(server.url, await plainPng({ width: 9, height: 9 }, [7, 8, 9]))).status).toBe(201);
    expect(faulty.methods).toEqual(['PUT', 'PUT', 'PUT']);
  },
);

test('cached originals are served while the store is away', async () => {
  const { faulty, image, bytes } = await startServer();
  faulty.fail('reset');
  expect((await fetch(`${image.link}?size=50x50`)).status).toBe(200);
  const original = await fetch(image.originalUrl);
  expect(Buffer.from(await original.arrayBuffer()).equals(bytes)).toBe(true);
  expect(faulty.methods).toEqual([]);
});

test('many readers of one original share one fetch', async () => {
  const { faulty, image, server } = await startServer();
  const folder = join(server.dataFolder, 'originals');
  for (const name of await readdir(folder)) await rm(join(folder, name));
  faulty.fail(null);
  const widths = Array.from({ length: 20 }, (_, index) => index + 20);
  const statuses = await Promise.all(
    widths.map(async (width) => (await fetch(`${image.link}?size=${width}x0`)).status),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(faulty.methods).toEqual(['GET']);
});

test('wrong bytes in the store are never served', async () => {
  const { image, server, url } = await startServer({ ORIGINAL_CACHE_BYTES: '0' });
  const [, prefix = ''] = /^s3:\/\/[^/]+\/([^?]+)/.exec(url) ?? [];
  const location = { ...bucket.newLocation(), prefix: `${prefix}/` };
  await bucket.putObject(location, image.sha256, await photoJpeg({ width: 301, height: 200 }));
  for (const path of [`${image.link}?size=50x50`, image.originalUrl]) {
    const outcome = await fetch(path).then(
      async (response) => `${response.status} ${(await response.arrayBuffer()).byteLength > 1_000}`,
      () => 'cut off',
    );
    expect(['500 false', 'cut off']).toContain(outcome);
  }
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
});

const storeVariables = {
  AWS_ACCESS_KEY_ID: 'S3RVER',
  AWS_SECRET_ACCESS_KEY: 'S3RVER',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

test('a start without the store ends with 1 and names the store and the reason', async () => {
  const { code, stdout, stderr } = await runServerProcess({
    ...storeVariables,
    DATA_DIR: await useTempFolder(),
    BLOB_STORE_URL: 's3://photos/main?endpoint=http://127.0.0.1:9&pathStyle=1',
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^The store s3:\/\/photos\/main\/ at http:\/\/127\.0\.0\.1:9 cannot be used for images: /m);
  expect(stderr).toContain('ECONNREFUSED');
  expect(stderr).not.toMatch(/^ +at /m);
});

test('a bucket that belongs to another installation is refused, and nothing in it changes', async () => {
  const url = bucket.newUrl();
  const first = await startServerProcess({
    ...process.env,
    DATA_DIR: await useTempFolder(),
    BLOB_STORE_URL: url,
  } as Record<string, string>);
  first.signal('SIGTERM');
  expect((await first.ended).code).toBe(0);
  const folder = await useTempFolder();
  const server = await startTestServer({ DATA_DIR: folder });
  await uploadImage(server, await photoJpeg({ width: 30, height: 20 }));
  await server.app.close();
  const { code, stderr } = await runServerProcess({ ...process.env, DATA_DIR: folder, BLOB_STORE_URL: url } as Record<
    string,
    string
  >);
  expect(code).toBe(1);
  expect(stderr).toContain('do not belong together');
  expect(stderr).toContain('store.json has id');
});
