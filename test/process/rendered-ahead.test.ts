import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { graphqlClient } from '../support/graphql-client.js';
import { uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { photoJpeg } from '../support/sample-images.js';
import { startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 60_000 });

test('what was not rendered ahead when the server was killed is rendered by the next one', async () => {
  const folder = await useTempFolder();
  const path = join(folder, 'presets.json');
  await writeFile(path, JSON.stringify({ card: { size: '800x700', format: 'avif', eager: true } }));
  const variables = { DATA_DIR: join(folder, 'data'), PRESETS: path };
  const killed = await startServerProcess(variables);
  const images: { link: string; publicId: string }[] = [];
  for (let index = 0; index < 5; index += 1) {
    images.push(await uploadImage(graphqlClient(killed.url), await photoJpeg({ width: 1_000 + index, height: 900 })));
  }
  expect(await readMetric(killed, 'rendered_ahead_waiting')).toBeGreaterThan(0);
  killed.signal('SIGKILL');
  await killed.ended;

  const next = await startServerProcess(variables);
  await vi.waitFor(async () => expect(await readMetric(next, 'rendered_ahead_waiting')).toBe(0), {
    timeout: 30_000,
    interval: 50,
  });
  for (const { publicId } of images) {
    const response = await fetch(`${next.url}/images/${publicId}?preset=card`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/avif']);
    await response.arrayBuffer();
  }
  expect(await readMetric(next, 'variant_lookups_total', { found: 'nowhere' })).toBe(0);
});
