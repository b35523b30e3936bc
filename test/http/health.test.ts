import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { healthRoutes } from '../../src/http/health.js';
import { startTestServer } from '../support/test-server.js';

test('a server that works is live and ready, and says so uncached', async () => {
  const server = await startTestServer();
  for (const [path, status] of [
    ['live', 'live'],
    ['ready', 'ready'],
  ]) {
    const response = await fetch(`${server.url}/health/${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ status });
  }
  await server.close();
});

test('a server whose data folder cannot be written is live and not ready', async () => {
  const server = await startTestServer();
  await mkdir(join(server.dataFolder, 'ready'));
  const response = await fetch(`${server.url}/health/ready`);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ status: 'unavailable', failed: ['dataFolder'] });
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  await server.close();
});

test('readiness names each check that failed, and nothing more', async () => {
  const server = Fastify();
  onTestFinished(() => server.close());
  const fail = async () => {
    throw new Error('secret path');
  };
  healthRoutes(server, { running: async () => undefined, database: fail, dataFolder: fail });
  const response = await server.inject('/health/ready');
  expect(response.statusCode).toBe(503);
  expect(response.json()).toEqual({ status: 'unavailable', failed: ['database', 'dataFolder'] });
});
