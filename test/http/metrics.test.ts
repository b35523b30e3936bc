import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteImage, uploadImage } from '../support/image-operations.js';
import { readMetric } from '../support/read-metrics.js';
import { photoJpeg } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test('metrics are the text of Prometheus, with those of the process', async () => {
  const response = await fetch(`${server.url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  for (const name of [
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
    'nodejs_eventloop_lag_seconds',
    'image_facade_http_request_duration_seconds',
    'image_facade_graphql_operations_total',
    'image_facade_uploads_total',
    'image_facade_changes_total',
    'image_facade_variant_lookups_total',
    'image_facade_variant_cache_bytes',
    'image_facade_webhook_deliveries_total',
    'image_facade_webhook_pending_seconds',
    'image_facade_cdn_purges_total',
    'image_facade_queue_running',
    'image_facade_queue_waiting',
    'image_facade_queue_wait_seconds',
    'image_facade_queue_run_seconds',
    'image_facade_upstream_lookups_total',
    'image_facade_upstream_lookup_seconds',
  ]) {
    expect(text).toContain(`# TYPE ${name} `);
  }
});

test('requests are counted by method, route and status; the path stays out', async () => {
  const count = (labels: Record<string, string>) => readMetric(server, 'http_request_duration_seconds_count', labels);
  const secret = 'secretsecretsecretsec';
  await fetch(`${server.url}/images/${secret}`);
  await fetch(`${server.url}/no/${secret}`, { method: 'PUT' });
  await expect.poll(() => count({ method: 'GET', route: '/images/:publicId', status: '404' })).toBe(1);
  await expect.poll(() => count({ method: 'PUT', route: 'none', status: '404' })).toBe(1);
  expect(await (await fetch(`${server.url}/metrics`)).text()).not.toContain(secret);
});

test('uploads are counted as accepted or by the code that refused them', async () => {
  const count = (outcome: string) => readMetric(server, 'uploads_total', { outcome });
  const photo = await photoJpeg({ width: 80, height: 60 });
  await uploadImage(server, photo);
  await uploadImage(server, photo);
  await uploadImage(server, Buffer.from('no image'));
  expect(await count('accepted')).toBe(1);
  expect(await count('DUPLICATE_IMAGE')).toBe(1);
  expect(await count('UNSUPPORTED_IMAGE')).toBe(1);
});

test('changes are counted when they are committed, and what changes nothing is not', async () => {
  const count = (kind: string) => readMetric(server, 'changes_total', { of: 'image', kind });
  const before = await count('CREATED');
  const photo = await photoJpeg({ width: 70, height: 60 });
  const { id } = await uploadImage(server, photo);
  await uploadImage(server, photo);
  await deleteImage(server, id);
  await deleteImage(server, id);
  expect([await count('CREATED'), await count('DELETED')]).toEqual([before + 1, 1]);
});

test('variants are counted by where they were found, with their bytes and the works that made them', async () => {
  const { link } = await uploadImage(server, await photoJpeg({ width: 90, height: 60 }));
  const found = (where: string) => readMetric(server, 'variant_lookups_total', { found: where });
  const before = await found('nowhere');
  const { headers } = await fetch(link);
  await fetch(link);
  expect(await found('nowhere')).toBe(before + 1);
  expect(await found('memory')).toBe(1);
  const length = Number(headers.get('content-length'));
  expect(await readMetric(server, 'variant_cache_bytes', { tier: 'memory' })).toBeGreaterThanOrEqual(length);
  await expect.poll(() => readMetric(server, 'variant_cache_bytes', { tier: 'disk' })).toBeGreaterThan(length);
  expect(await readMetric(server, 'queue_run_seconds_count', { queue: 'render' })).toBe(1);
  expect(await readMetric(server, 'queue_wait_seconds_count', { queue: 'inspect' })).toBeGreaterThan(0);
});

test('GraphQL operations are counted by kind and outcome', async () => {
  const count = (kind: string, outcome: string) => readMetric(server, 'graphql_operations_total', { kind, outcome });
  const queries = await count('query', 'success');
  await server.query('query SecretName { limits { fileBytes } }');
  await server.query('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    ids: Array.from({ length: 201 }, () => 'none'),
  });
  await server.query('{ nothingOfThisName }');
  await server.query('{ limits { fileBytes }');
  expect(await count('query', 'success')).toBe(queries + 1);
  expect(await count('query', 'error')).toBe(1);
  expect(await count('query', 'invalid')).toBe(1);
  expect(await count('unknown', 'invalid')).toBe(1);
  expect(await count('mutation', 'success')).toBeGreaterThan(0);
  expect(await (await fetch(`${server.url}/metrics`)).text()).not.toContain('SecretName');
});
