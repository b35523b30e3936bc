import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultLimits } from '../../src/domain/limits.js';
import type { ImageProcessor } from '../../src/domain/ports.js';
import { type Gate, newGate } from '../support/gate.js';
import { HeldRenders } from '../support/held-renders.js';
import { uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { photoJpeg } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let renders: HeldRenders;
let link: string;
/** What uploads wait for before they are looked at, and how many are looked at now and at most. */
let inspectionGate: Gate | undefined;
let inspecting = 0;
let mostInspecting = 0;
let inspections = 0;

const watchInspections = (real: ImageProcessor): ImageProcessor => ({
  ...real,
  inspect: async (path) => {
    inspecting += 1;
    inspections += 1;
    mostInspecting = Math.max(mostInspecting, inspecting);
    await inspectionGate?.opened;
    return real.inspect(path).finally(() => {
      inspecting -= 1;
    });
  },
});

beforeEach(async () => {
  renders = new HeldRenders();
  server = await startTestServer(
    { RENDER_CONCURRENCY: '2', RENDER_QUEUE: '3' },
    { processor: (real) => renders.processor(watchInspections(real)) },
  );
  link = (await uploadImage(server, await photoJpeg({ width: 300, height: 200 }))).link;
  mostInspecting = 0;
  inspections = 0;
});
afterEach(async () => {
  renders.release();
  await server.close();
});

const waiting = () => readMetric(server, 'queue_waiting', { queue: 'render' });
const variant = (side: number) => `${link}?size=${side}x${side}`;

/** Requests so many different variants, of which the first two run and the others wait. */
const fillQueue = async (count: number, signal: AbortSignal | null = null): Promise<Promise<Response>[]> => {
  renders.hold();
  const pending: Promise<Response>[] = [];
  const request = (index: number): void => {
    const response = fetch(variant(100 + index), { signal });
    response.catch(() => undefined);
    pending.push(response);
  };
  for (const index of [0, 1]) request(index);
  await expect.poll(() => readMetric(server, 'queue_running', { queue: 'render' })).toBe(2);
  for (let index = 2; index < count; index += 1) request(index);
  await expect.poll(waiting).toBe(count - 2);
  return pending;
};

test('a full queue responds with 503 and Retry-After at once, and requests that need no render are served', async () => {
  const cached = await fetch(variant(50));
  const pending = await fillQueue(5);
  const refused = await fetch(variant(99));
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(refused.headers.get('cache-control')).toBe('no-store');
  expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  expect((await fetch(variant(50))).status).toBe(200);
  const etag = cached.headers.get('etag') ?? '';
  expect((await fetch(variant(50), { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect((await fetch(variant(98), { method: 'HEAD' })).status).toBe(200);
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  expect(await uploadImage(server, await photoJpeg({ width: 301, height: 200 }))).toMatchObject({
    __typename: 'Image',
  });
  renders.release();
  for (const response of await Promise.all(pending)) expect(response.status).toBe(200);
});

test('who asks for what is queued already joins it, also when the queue is full', async () => {
  const pending = await fillQueue(5);
  const joining = fetch(variant(104));
  renders.release();
  expect((await joining).status).toBe(200);
  await Promise.all(pending);
  expect(renders.begun).toBe(5);
});

test('a queued render that all its clients have left is never made, one that runs ends and is cached', async () => {
  const leaving = new AbortController();
  const pending = await fillQueue(5, leaving.signal);
  const alsoWaiting = fetch(variant(104));
  expect(renders.begun).toBe(2);
  leaving.abort();
  await Promise.allSettled(pending);
  // the one that somebody else waits for stays
  await expect.poll(waiting).toBe(1);
  renders.release();
  expect((await alsoWaiting).status).toBe(200);
  expect(renders.begun).toBe(3);
  await expect.poll(() => readMetric(server, 'queue_running', { queue: 'render' })).toBe(0);
  for (const side of [100, 101]) expect((await fetch(variant(side))).status).toBe(200);
  expect(renders.begun).toBe(3);
});

test('clients that left are counted as such, and their places are free', async () => {
  const leaving = new AbortController();
  const pending = await fillQueue(5, leaving.signal);
  leaving.abort();
  await Promise.allSettled(pending);
  const left = () => readMetric(server, 'http_request_duration_seconds_count', { status: '499' });
  await expect.poll(left).toBe(5);
  renders.release();
  expect((await fetch(variant(98))).status).toBe(200);
});

test('uploads are looked at a few at a time, and all of them get their turn', async () => {
  inspectionGate = newGate();
  const photos = await Promise.all(
    Array.from({ length: 12 }, (_, index) => photoJpeg({ width: 50 + index, height: 40 })),
  );
  const uploads = photos.map((photo) => uploadImage(server, photo));
  await expect.poll(() => readMetric(server, 'queue_waiting', { queue: 'inspect' })).toBe(10);
  inspectionGate.open();
  for (const result of await Promise.all(uploads)) expect(result.__typename).toBe('Image');
  expect(mostInspecting).toBe(2);
});

test('a file that many fields of a request name is decoded once', async () => {
  const fields = Array.from(
    { length: defaultLimits.requestFiles },
    (_, index) => `f${index}: uploadImage(input: { accountId: "${randomUUID()}", file: $file }) { __typename }`,
  );
  const { data } = await server.upload(
    `mutation($file: File!) { ${fields.join(' ')} }`,
    { file: null },
    { file: await photoJpeg({ width: 60, height: 40 }) },
  );
  expect(Object.values(data)).toEqual(fields.map(() => ({ __typename: 'UploadImagePayload' })));
  expect(inspections).toBe(1);
});
