import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { type ClientRequest, request } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';

// a stop waits 20 seconds for what is in flight
vi.setConfig({ testTimeout: 90_000 });

/** An upload that stops in the middle of its file. */
const stalledUpload = async (url: string, spooled: () => Promise<string[]>): Promise<ClientRequest> => {
  const upload = request(`${url}/rest/api/v1/uploadimage?type=USER&id=1`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'image/png', 'content-length': 2_000_000, authorization: 'Bearer a.b' },
  });
  upload.on('error', () => undefined);
  onTestFinished(() => void upload.destroy());
  upload.write(randomBytes(1_000_000));
  await expect.poll(spooled, { timeout: 20_000 }).toHaveLength(1);
  return upload;
};

const start = async () => {
  const folder = await useTempFolder();
  const variables = { DATA_DIR: folder, GLEAN_ACCOUNT_ID: accountId };
  const spooled = () => readdir(join(folder, 'tmp'));
  return { variables, spooled, server: await startServerProcess(variables) };
};

test('an upload that stalls leaves no spooled file behind when the server is stopped', async () => {
  const { server, spooled } = await start();
  await stalledUpload(server.url, spooled);
  server.signal('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0 });
  expect(await spooled()).toEqual([]);
});

test('the spooled file of a process that was killed is removed by the next start', async () => {
  const { server, spooled, variables } = await start();
  await stalledUpload(server.url, spooled);
  server.signal('SIGKILL');
  await server.ended;
  expect(await spooled()).toHaveLength(1);
  await startServerProcess(variables);
  expect(await spooled()).toEqual([]);
});
