import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { expect, onTestFinished, test, vi } from 'vitest';
import { graphqlClient } from '../support/graphql-client.js';
import { changeImage, deleteImage, uploadImage } from '../support/image-operations.js';
import { newPhoto } from '../support/sample-images.js';
import { startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { accountId } from '../support/test-server.js';

// a start takes seconds on a busy machine
vi.setConfig({ testTimeout: 120_000 });
const polled = { timeout: 30_000, interval: 50 };

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The command of docs/events.md, for another server and another file. */
const documentedCommand = async (serverUrl: string, file: string): Promise<string[]> => {
  const page = await readFile(join(root, 'docs/events.md'), 'utf8');
  const command = /^node (examples\/follow-changes\.mjs) (\S+) (\S+) (\S+)$/m.exec(page);
  const [, script = '', documentedUrl, documentedAccount] = command ?? [];
  expect([documentedUrl, documentedAccount]).toEqual(['http://127.0.0.1:4000', accountId]);
  return [script, serverUrl, accountId, file];
};

/** A server with the same folder and port each time that it is started, and the example that follows it. */
const useWorld = async () => {
  const dataFolder = await useTempFolder();
  const file = join(await useTempFolder(), 'images.json');
  const start = (port = '0') => startServerProcess({ DATA_DIR: dataFolder, PORT: port });
  let server = await start();
  const { url } = server;
  const client = graphqlClient(url);
  const upload = async (): Promise<string> => (await uploadImage(client, await newPhoto())).id;

  const startExample = async () => {
    const child: ChildProcess = spawn(process.execPath, await documentedCommand(url, file), { cwd: root });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
    const kill = async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    };
    onTestFinished(kill);
    return { kill, output: () => output };
  };

  const stopServer = async (): Promise<void> => {
    server.signal('SIGKILL');
    await server.ended;
  };
  const startServer = async (): Promise<void> => {
    server = await start(new URL(url).port);
  };

  /** Waits until the file of the example has what the server lists. */
  const expectInStep = async (): Promise<void> => {
    const { data } = await client.query(
      'query($accountId: UUID!) { images(accountId: $accountId, first: 200) { nodes { id url updatedOn } } }',
      { accountId },
    );
    const listed = Object.fromEntries(data.images.nodes.map((image: { id: string }) => [image.id, image]));
    const known = async () => JSON.parse(await readFile(file, 'utf8').catch(() => '{}')).images;
    await expect.poll(known, polled).toEqual(listed);
  };
  return { dataFolder, client, upload, startExample, stopServer, startServer, expectInStep };
};

test('the example follows over kills of itself and of the server, and applies each change that it missed', async () => {
  const { client, upload, startExample, stopServer, startServer, expectInStep } = await useWorld();
  const [first, second] = [await upload(), await upload()];
  let example = await startExample();
  await expectInStep();
  await changeImage(client, 'disableImage', 'ImageIdInput', { id: first });
  await expectInStep();

  await example.kill();
  const third = await upload();
  await deleteImage(client, second);
  example = await startExample();
  await expectInStep();
  await expect.poll(example.output, polled).toBe(`CREATED ${third}\nDELETED ${second}\n`);

  await stopServer();
  await startServer();
  await upload();
  await deleteImage(client, first);
  await expectInStep();

  // both at once, in the middle of changes
  const changing = Promise.allSettled(Array.from({ length: 10 }, upload));
  await expect.poll(example.output, polled).toMatch(/(CREATED \S+\s*){3}/);
  await Promise.all([stopServer(), example.kill(), changing]);
  await startServer();
  example = await startExample();
  await expectInStep();
  expect(example.output()).not.toContain('read all');
});

test('the example reads everything again when its cursor has expired, and follows from there', async () => {
  const { dataFolder, client, upload, startExample, stopServer, startServer, expectInStep } = await useWorld();
  const first = await upload();
  let example = await startExample();
  await expectInStep();
  await example.kill();
  await deleteImage(client, first);
  for (let count = 0; count < 3; count += 1) await upload();

  await stopServer();
  // what the retention does in a week
  const database = new Database(join(dataFolder, 'state.db'));
  database.exec('DELETE FROM "Change" WHERE "seq" < (SELECT max("seq") FROM "Change")');
  database.close();
  await startServer();
  example = await startExample();
  await expectInStep();
  await expect.poll(example.output, polled).toMatch(/^CURSOR_EXPIRED: .*\nread all 3 images\n$/);
  const last = await upload();
  await expectInStep();
  await expect.poll(example.output, polled).toContain(`CREATED ${last}`);
});
