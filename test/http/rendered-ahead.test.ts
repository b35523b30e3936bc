import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { DamagedOriginalError, UnavailableError } from '../../src/domain/errors.js';
import type { ImageProcessor } from '../../src/domain/ports.js';
import { type Gate, newGate } from '../support/gate.js';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { newPhoto, photoJpeg, quartersPng } from '../support/sample-images.js';
import { runSql } from '../support/server-stores.js';
import { useTempFolder } from '../support/temp-folder.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 60_000 });

const browser = { accept: 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8' };
/** The widths of the presets say in a list of renders what was rendered. */
const presets = {
  card: { size: '16x12', eager: true },
  thumb: { size: '8x8', format: 'webp', eager: true },
  lazy: { size: '9x9', eager: false },
};

/** Notes the width of each render as it begins, and may hold or fail it. */
class WatchedRenders {
  readonly widths: number[] = [];
  gate: Gate | undefined;
  failure: Error | undefined;

  readonly processor = (real: ImageProcessor): ImageProcessor => ({
    inspect: (path) => real.inspect(path),
    render: async (source, plan) => {
      this.widths.push(plan.width);
      const { failure } = this;
      await this.gate?.opened;
      if (failure) throw failure;
      return real.render(source, plan);
    },
  });

  hold(): void {
    this.gate = newGate();
  }

  release(): void {
    this.gate?.open();
    this.gate = undefined;
  }
}

const presetsFile = async (content: object = presets): Promise<string> => {
  const path = join(await useTempFolder(), 'presets.json');
  await writeFile(path, JSON.stringify(content));
  return path;
};

const start = async (variables: Record<string, string> = {}) => {
  const renders = new WatchedRenders();
  const given = { PRESETS: await presetsFile(), RENDER_CONCURRENCY: '1', ...variables };
  const server = await startTestServer(given, { processor: renders.processor });
  let isOpen = true;
  const close = async () => {
    if (isOpen) await server.close();
    isOpen = false;
  };
  onTestFinished(async () => {
    renders.release();
    await close();
  });
  return { server, renders, close };
};

const waitFor = (expectation: () => void | Promise<void>) => vi.waitFor(expectation, { timeout: 20_000, interval: 20 });

const allLookedAt = (server: TestServer) =>
  waitFor(async () => expect(await readMetric(server, 'rendered_ahead_waiting')).toBe(0));

const get = async (url: string): Promise<number> => {
  const response = await fetch(url, { headers: browser });
  await response.arrayBuffer();
  return response.status;
};

const urlOf = async (server: TestServer, id: string, preset: string): Promise<string> => {
  const document = 'query($id: ID!, $preset: String!) { image(by: { id: $id }) { url(preset: $preset) } }';
  return (await server.query(document, { id, preset })).data.image.url;
};

test('the first visitor of a gallery gets the eager presets from the cache', async () => {
  const { server, renders } = await start();
  const images = [];
  for (let index = 0; index < 3; index += 1) images.push(await uploadImage(server, await newPhoto()));
  await allLookedAt(server);
  expect([...renders.widths].sort((a, b) => a - b)).toEqual([8, 8, 8, 16, 16, 16]);
  expect(await readMetric(server, 'rendered_ahead_total', { outcome: 'rendered' })).toBe(6);
  for (const { id, link } of images) {
    for (const preset of ['card', 'thumb']) expect(await get(await urlOf(server, id, preset))).toBe(200);
    expect(await get(`${link}?preset=card`)).toBe(200);
  }
  expect(renders.widths).toHaveLength(6);
  expect(await readMetric(server, 'variant_lookups_total', { found: 'nowhere' })).toBe(0);
  expect(await readMetric(server, 'queue_run_seconds_count', { queue: 'render' })).toBe(0);
  expect(await get(await urlOf(server, images[0].id, 'lazy'))).toBe(200);
  expect(renders.widths).toHaveLength(7);
  const { data } = await server.query('{ presets { name eager } }');
  expect(data.presets.filter(({ eager }: { eager: boolean }) => eager)).toMatchObject([
    { name: 'card' },
    { name: 'thumb' },
  ]);
});

test('a new file and a new focal point are rendered ahead, a new text is not', async () => {
  const { server, renders } = await start({ PRESETS: await presetsFile({ card: { size: '16x8', eager: true } }) });
  const { id } = await uploadImage(server, await quartersPng());
  await allLookedAt(server);
  expect(renders.widths).toHaveLength(1);
  await changeImage(server, 'updateImage', 'UpdateImageInput', { id, metadata: { altText: 'A text' } });
  await allLookedAt(server);
  expect(renders.widths).toHaveLength(1);
  await changeImage(server, 'updateImage', 'UpdateImageInput', { id, metadata: { focalPoint: { x: 0.5, y: 0 } } });
  await allLookedAt(server);
  expect(renders.widths).toHaveLength(2);
  expect(await get(await urlOf(server, id, 'card'))).toBe(200);
  expect(renders.widths).toHaveLength(2);
});

test('requests never wait for what is rendered ahead, of which one runs at a time and none begins next to a request', async () => {
  const { server, renders } = await start();
  renders.hold();
  const image = await uploadImage(server, await newPhoto());
  await waitFor(() => expect(renders.widths).toEqual([16]));
  for (let index = 0; index < 30; index += 1) await uploadImage(server, await newPhoto());
  expect(renders.widths).toEqual([16]);
  // the only place is free for a request, and the next request has it after that one
  const requests = [10, 11, 12].map((width) => get(`${image.link}?size=${width}x5`));
  await waitFor(() => expect(renders.widths).toHaveLength(2));
  await waitFor(async () => expect(await readMetric(server, 'queue_waiting', { queue: 'render' })).toBe(2));
  renders.release();
  expect(await Promise.all(requests)).toEqual([200, 200, 200]);
  await allLookedAt(server);
  expect(renders.widths.slice(1, 4).sort((a, b) => a - b)).toEqual([10, 11, 12]);
  expect(renders.widths).toHaveLength(3 + 31 * 2);
});

test('a request for what waits to be rendered ahead has it rendered in its own turn, once', async () => {
  const { server, renders } = await start({ PRESETS: await presetsFile({ card: { size: '16x12', eager: true } }) });
  renders.hold();
  const first = await uploadImage(server, await newPhoto());
  await waitFor(() => expect(renders.widths).toEqual([16]));
  const busy = get(`${first.link}?size=10x5`);
  const joined = get(await urlOf(server, first.id, 'card'));
  await waitFor(() => expect(renders.widths).toEqual([16, 10]));
  renders.release();
  expect(await Promise.all([busy, joined])).toEqual([200, 200]);
  await allLookedAt(server);
  expect(renders.widths).toEqual([16, 10]);
});

test('a server that is stopped goes on where it was, and skips what is deleted by then', async () => {
  const dataFolder = await useTempFolder();
  const before = await start({ DATA_DIR: dataFolder });
  before.renders.hold();
  const images = [];
  for (let index = 0; index < 4; index += 1) images.push(await uploadImage(before.server, await newPhoto()));
  await waitFor(() => expect(before.renders.widths).toHaveLength(1));
  await deleteImage(before.server, images[1].id);
  const closing = before.close();
  before.renders.release();
  await closing;

  const after = await start({ DATA_DIR: dataFolder });
  await allLookedAt(after.server);
  expect(await readMetric(after.server, 'rendered_ahead_total', { outcome: 'failed' })).toBe(0);
  const rendered = after.renders.widths.length;
  for (const { id } of [images[0], images[2], images[3]]) {
    for (const preset of ['card', 'thumb']) expect(await get(await urlOf(after.server, id, preset))).toBe(200);
  }
  expect(after.renders.widths).toHaveLength(rendered);
  await after.close();

  const idle = await start({ DATA_DIR: dataFolder });
  await allLookedAt(idle.server);
  expect(idle.renders.widths).toEqual([]);
});

test('a preset that becomes eager, and a journal that has expired, begin with what comes', async () => {
  const dataFolder = await useTempFolder();
  const without = await start({ DATA_DIR: dataFolder, PRESETS: await presetsFile({ card: { size: '16x12' } }) });
  for (let index = 0; index < 3; index += 1) await uploadImage(without.server, await newPhoto());
  await without.close();
  expect(without.renders.widths).toEqual([]);

  const eager = await start({ DATA_DIR: dataFolder });
  await uploadImage(eager.server, await newPhoto());
  await allLookedAt(eager.server);
  expect(eager.renders.widths).toEqual([16, 8]);
  eager.renders.hold();
  for (let index = 0; index < 3; index += 1) await uploadImage(eager.server, await newPhoto());
  const closing = eager.close();
  eager.renders.release();
  await closing;

  await runSql(eager.server.config, 'DELETE FROM "Change" WHERE "seq" < (SELECT max("seq") FROM "Change")');
  const expired = await start({ DATA_DIR: dataFolder });
  await allLookedAt(expired.server);
  expect(expired.renders.widths).toEqual([]);
  await uploadImage(expired.server, await newPhoto());
  await waitFor(() => expect(expired.renders.widths).toEqual([16, 8]));
});

test('an image that cannot be rendered is skipped, and one that met a shortage is tried again', async () => {
  const { server, renders } = await start({ PRESETS: await presetsFile({ card: { size: '16x12', eager: true } }) });
  renders.failure = new DamagedOriginalError('0' as never, 'is damaged');
  await uploadImage(server, await newPhoto());
  await allLookedAt(server);
  expect(await readMetric(server, 'rendered_ahead_total', { outcome: 'failed' })).toBe(1);

  renders.failure = new UnavailableError('No memory.', 1);
  const { id } = await uploadImage(server, await photoJpeg({ width: 90, height: 60 }));
  await waitFor(() => expect(renders.widths).toHaveLength(2));
  renders.failure = undefined;
  await allLookedAt(server);
  expect(await readMetric(server, 'rendered_ahead_total', { outcome: 'rendered' })).toBe(1);
  expect(await get(await urlOf(server, id, 'card'))).toBe(200);
  expect(renders.widths).toHaveLength(3);
});
