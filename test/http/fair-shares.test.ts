import { get, type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ImageProcessor } from '../../src/domain/ports.js';
import { type Gate, newGate } from '../support/gate.js';
import { HeldRenders } from '../support/held-renders.js';
import { uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { photoJpeg } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let renders: HeldRenders;
let link: string;
let inspectionGate: Gate | undefined;
/** The heights of what was inspected, in its order. */
const inspected: number[] = [];

const holdInspections = (real: ImageProcessor): ImageProcessor => ({
  ...real,
  inspect: async (path) => {
    const facts = await real.inspect(path);
    inspected.push(facts.height);
    await inspectionGate?.opened;
    return facts;
  },
});

beforeEach(async () => {
  renders = new HeldRenders();
  server = await startTestServer(
    { RENDER_CONCURRENCY: '2', RENDER_QUEUE: '20' },
    { processor: (real) => renders.processor(holdInspections(real)) },
  );
  link = (await uploadImage(server, await photoJpeg({ width: 300, height: 200 }))).link;
  inspected.length = 0;
});
afterEach(async () => {
  renders.release();
  inspectionGate?.open();
  inspectionGate = undefined;
  await server.close();
});

/** The status of a request from one of this machine's addresses, each of which is a client of its own. */
const statusFrom = (address: string, url: string, headers = {}): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(url, { localAddress: address, agent: false, headers }, (response: IncomingMessage) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });

const variant = (side: number) => `${link}?size=${side}x${side}`;
const waiting = (queue = 'render') => readMetric(server, 'queue_waiting', { queue });

test("a flood of one client takes the 503s, and everybody else's renders are made", async () => {
  const cached = await fetch(variant(50));
  const etag = cached.headers.get('etag') ?? '';
  renders.hold();
  const flood = Array.from({ length: 300 }, (_, index) => statusFrom('127.0.0.2', variant(100 + index)));
  // 2 run and 20 wait
  const settled = { refused: 0 };
  for (const each of flood) each.then((status) => (settled.refused += Number(status === 503)));
  await expect.poll(() => settled.refused).toBe(300 - 22);
  expect(await waiting()).toBe(20);

  const others = ['127.0.0.3', '127.0.0.4', '127.0.0.5'].flatMap((address, client) =>
    [0, 1].map((index) => statusFrom(address, variant(20 + 2 * client + index))),
  );
  // their places are taken back from the flood, and one of them began at once
  await expect.poll(() => settled.refused).toBe(300 - 22 + 5);
  await expect.poll(() => renders.begun).toBe(1 + 2 + 1);
  // and what needs no render is served as ever
  expect(await statusFrom('127.0.0.3', variant(50))).toBe(200);
  expect(await statusFrom('127.0.0.3', variant(50), { 'if-none-match': etag })).toBe(304);
  expect(await statusFrom('127.0.0.3', `${server.url}/health/live`)).toBe(200);
  renders.release();
  expect(await Promise.all(others)).toEqual([200, 200, 200, 200, 200, 200]);
  const statuses = await Promise.all(flood);
  expect(statuses.filter((status) => status === 200)).toHaveLength(22 - 5);
});

test('a render that a flood has queued is made in the turn of another client that asks for it too', async () => {
  renders.hold();
  const flood = Array.from({ length: 22 }, (_, index) => statusFrom('127.0.0.2', variant(100 + index)));
  await expect.poll(waiting).toBe(20);
  const last = statusFrom('127.0.0.3', variant(121));
  // more of others come: what is taken back from the flood is never what another client waits for
  const others = Array.from({ length: 8 }, (_, index) => statusFrom(`127.0.0.${10 + index}`, variant(30 + index)));
  expect((await Promise.all(others.map((each) => Promise.race([each, Promise.resolve('pending')])))).length).toBe(8);
  renders.release();
  expect(await last).toBe(200);
  for (const status of await Promise.all(others)) expect(status).toBe(200);
  await Promise.all(flood);
});

test('uploads are decoded in turns among their clients', async () => {
  inspectionGate = newGate();
  const upload = async (address: string, height: number) => {
    const body = await photoJpeg({ width: 40, height });
    return new Promise<number | undefined>((resolve, reject) => {
      const path = `${server.url}/rest/api/v1/uploadimage?type=UGC&id=${height}`;
      const sent = request(path, { method: 'POST', localAddress: address, agent: false }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
      });
      sent.once('error', reject).end(body);
    });
  };
  await server.close();
  server = await startTestServer(
    { RENDER_CONCURRENCY: '1', GLEAN_ACCOUNT_ID: accountId },
    { processor: holdInspections },
  );
  const flood = Array.from({ length: 12 }, (_, index) => upload('127.0.0.2', 100 + index));
  await expect.poll(() => waiting('inspect')).toBe(11);
  const other = [50, 51].map((height) => upload('127.0.0.3', height));
  await expect.poll(() => waiting('inspect')).toBe(12);
  inspectionGate.open();
  for (const status of await Promise.all([...flood, ...other])) expect(status).toBe(200);
  // the first of the other client began alongside the flood, its second after one more of it
  expect(inspected.slice(0, 4).filter((height) => height < 100)).toHaveLength(2);
});
