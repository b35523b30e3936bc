import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { uploadImage } from '../support/image-operations.js';
import { runKeys } from '../support/run-keys.js';
import { photoJpeg, plainPng } from '../support/sample-images.js';
import { accountId, startTestServer } from '../support/test-server.js';

vi.setConfig({ testTimeout: 60_000 });

/** A process that acquires the write lock of a database, reports that, and releases it on demand or after a time. */
const holder = `
  const Database = require('libsql');
  const database = new Database(process.argv[1], { timeout: 0 });
  database.exec('BEGIN IMMEDIATE');
  process.stdout.write('held');
  setTimeout(() => { database.exec('COMMIT'); process.exit(0); }, Number(process.argv[2]));`;

const holdLock = async (databasePath: string, forMs: number) => {
  const child = spawn(process.execPath, ['-e', holder, databasePath, String(forMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await once(child.stdout, 'data');
  return { ended };
};

const startServer = async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const { link } = await uploadImage(server, await photoJpeg({ width: 300, height: 200 }));
  const variant = `${link}?size=50x50`;
  await (await fetch(variant)).arrayBuffer();
  return { server, variant, databasePath: `${server.dataFolder}/state.db` };
};

test('a program that holds the write lock for three seconds delays writes, and neither health nor cached variants', async () => {
  const { server, variant, databasePath } = await startServer();
  const { ended } = await holdLock(databasePath, 3_000);
  let isHeld = true;
  void ended.then(() => {
    isHeld = false;
  });
  let uploadedWhileHeld = 0;
  const uploads = [1, 2, 3].map(async (red) => {
    const result = await uploadImage(server, await plainPng({ width: 8, height: 8 }, [red, 0, 0]));
    if (isHeld) uploadedWhileHeld += 1;
    return result.__typename;
  });
  const served = { health: 0, variants: 0, reads: 0 };
  while (isHeld) {
    if ((await fetch(`${server.url}/health/live`)).status === 200) served.health += 1;
    if ((await (await fetch(variant)).arrayBuffer()).byteLength > 0) served.variants += 1;
    const { data } = await server.query(`{ images(accountId: "${accountId}") { nodes { id } } }`);
    if (data.images.nodes.length === 1) served.reads += 1;
  }
  // an event loop that waits for the lock would serve one or none
  for (const count of Object.values(served)) expect(count).toBeGreaterThan(20);
  expect(uploadedWhileHeld).toBe(0);
  expect(await Promise.all(uploads)).toEqual(['Image', 'Image', 'Image']);
});

test('a lock that is held for longer than a request waits is UNAVAILABLE and to be retried, for all who wait at once', async () => {
  const { server, databasePath } = await startServer();
  await holdLock(databasePath, 55_000);
  const errors = await Promise.all(
    [1, 2, 3, 4].map(async (red) => {
      const bytes = await plainPng({ width: 8, height: 8 }, [red, 0, 0]);
      const { errors = [] } = await server.upload(
        `mutation($file: File!) { uploadImage(input: { accountId: "${accountId}", file: $file }) { __typename } }`,
        { file: null },
        { file: bytes },
      );
      return errors.map(({ extensions, message }) => ({ code: extensions?.code, message }));
    }),
  );
  const unavailable = { code: 'UNAVAILABLE', message: expect.stringContaining('locked') };
  expect(errors).toEqual(errors.map(() => [unavailable]));
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(await plainPng({ width: 8, height: 8 }, [9, 0, 0]))]));
  const response = await fetch(`${server.url}/accounts/${accountId}/images`, {
    method: 'POST',
    body: form,
  });
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('the keys tool waits for a write of the server, and says that the database is locked if that takes too long', async () => {
  const { server, databasePath } = await startServer();
  const create = ['create', '--account', '*', '--scope', 'images.read'];
  const short = await holdLock(databasePath, 1_500);
  expect(await runKeys(server.dataFolder, create)).toMatchObject({ exitCode: 0, stderr: '' });
  await short.ended;
  await holdLock(databasePath, 55_000);
  const { exitCode, stderr } = await runKeys(server.dataFolder, create);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: expect.stringMatching(/^Another program .*locked.*\n$/),
  });
});
