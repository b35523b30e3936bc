import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { graphqlClient } from '../support/graphql-client.js';
import { uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { photoJpeg } from '../support/sample-images.js';
import { startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';

// a start takes seconds on a busy machine
vi.setConfig({ testTimeout: 60_000 });

/** More than the four threads that Node has by itself, as on any machine with more cores. */
const renders = 6;

test('renders leave threads for files: health and variants on the disk respond while all places are taken', async () => {
  const folder = await useTempFolder();
  const server = await startServerProcess({ DATA_DIR: folder, RENDER_CONCURRENCY: String(renders) });
  const { link } = await uploadImage(graphqlClient(server.url), await photoJpeg({ width: 1_400, height: 1_400 }));
  // too large for the memory
  const onDisk = `${link}?size=0x0&format=png`;
  const made = await (await fetch(onDisk)).arrayBuffer();
  const filesOnDisk = async () => (await readdir(join(folder, 'variants'), { recursive: true })).filter(isVariant);
  await expect.poll(filesOnDisk, { timeout: 10_000 }).toHaveLength(1);

  let finished = 0;
  // nothing takes longer than AVIF, and none of its renders is stopped
  const slow = Array.from({ length: renders }, async (_, number) => {
    const response = await fetch(`${link}?size=1400x1400&format=avif&quality=${90 + number}`, {
      headers: { accept: 'image/avif' },
    });
    await response.arrayBuffer();
    finished += 1;
    return response.status;
  });
  await expect
    .poll(() => readMetric(server, 'queue_running', { queue: 'render' }), { timeout: 10_000, interval: 10 })
    .toBe(renders);
  const [health, variant] = await Promise.all([fetch(`${server.url}/health/ready`), fetch(onDisk)]);
  expect(health.status).toBe(200);
  expect((await variant.arrayBuffer()).byteLength).toBe(made.byteLength);
  expect(finished).toBe(0);
  expect(await Promise.all(slow)).toEqual(slow.map(() => 200));
});

const isVariant = (path: string): boolean => /^[\w-]\/[\w-]{3,}$/.test(path);
