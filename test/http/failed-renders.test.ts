import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RenderTimeoutError, UnavailableError } from '../../src/domain/errors.js';
import { defaultLimits } from '../../src/domain/limits.js';
import type { ImageProcessor } from '../../src/domain/ports.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/sample-images.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let store: Awaited<ReturnType<typeof makeTempFolder>>;
let begun = 0;
let failure: Error | undefined;
beforeAll(async () => {
  const processor = (real: ImageProcessor): ImageProcessor => ({
    inspect: (path) => real.inspect(path),
    render: async (source, plan) => {
      begun += 1;
      if (failure) throw failure;
      return real.render(source, plan);
    },
  });
  // a test damages a file of it
  store = await makeTempFolder();
  server = await startTestServer({ BLOB_STORE_URL: `file:${store.path}` }, { processor });
});
afterAll(async () => {
  await server.close();
  await store.remove();
});

const statusOf = async (url: string): Promise<number> => {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
};

const statusesOf = async (urls: readonly string[]): Promise<number[]> => {
  const statuses: number[] = [];
  for (const url of urls) statuses.push(await statusOf(url));
  return statuses;
};

test('a render that timed out is not tried again, and other variants of the image are', async () => {
  const { link } = await uploadImage(server, await photoJpeg({ width: 301, height: 200 }));
  begun = 0;
  failure = new RenderTimeoutError(10);
  expect(await statusesOf(Array(5).fill(`${link}?size=30x30`))).toEqual([503, 503, 503, 503, 503]);
  expect(begun).toBe(1);
  failure = undefined;
  expect(await statusOf(`${link}?size=31x31`)).toBe(200);
  expect(await statusOf(`${link}?size=30x30`)).toBe(503);
  expect(begun).toBe(2);
});

test('Retry-After says how long a render that timed out is not tried again', async () => {
  const { link } = await uploadImage(server, await photoJpeg({ width: 304, height: 200 }));
  failure = new RenderTimeoutError(10);
  const answers = [await fetch(`${link}?size=30x30`), await fetch(`${link}?size=30x30`)];
  failure = undefined;
  expect(answers[0]?.headers.get('retry-after')).toBe(String(defaultLimits.failedRenderSeconds));
  for (const answer of answers) {
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(defaultLimits.failedRenderSeconds);
  }
  expect(await answers[0]?.json()).toEqual(await answers[1]?.json());
});

test('what gives the same result as a render that failed is not tried either', async () => {
  const { link } = await uploadImage(server, await photoJpeg({ width: 305, height: 200 }));
  begun = 0;
  failure = new RenderTimeoutError(10);
  const queries = ['size=30x30', 'size=15x15&dpr=2', 'size=30x30&focus=0.5001,0.5', 'fit=cover&size=30x30&enlarge=1'];
  expect(await statusesOf(queries.map((query) => `${link}?${query}`))).toEqual([503, 503, 503, 503]);
  failure = undefined;
  expect(begun).toBe(1);
});

test('a shortage of the server is not remembered', async () => {
  const { link } = await uploadImage(server, await photoJpeg({ width: 302, height: 200 }));
  failure = new UnavailableError('Out of file descriptors.', 2);
  expect(await statusOf(`${link}?size=30x30`)).toBe(503);
  failure = undefined;
  expect(await statusOf(`${link}?size=30x30`)).toBe(200);
});

test('a damaged original is decoded once, and served again as soon as its bytes are uploaded again', async () => {
  const file = await photoJpeg({ width: 303, height: 200 });
  const { link, sha256 } = await uploadImage(server, file);
  const path = join(store.path, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  const stored = await open(path, 'r+');
  await stored.write(Buffer.alloc(64), 0, 64, 2);
  await stored.close();
  begun = 0;
  expect(await statusesOf(Array(3).fill(`${link}?size=30x30`))).toEqual([500, 500, 500]);
  expect(begun).toBe(1);
  // a duplicate for the account, but its bytes prove what is stored
  await uploadImage(server, file).catch(() => undefined);
  expect(await statusOf(`${link}?size=30x30`)).toBe(200);
});
