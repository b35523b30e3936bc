import { spawnSync } from 'node:child_process';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type ProcessEnd, runServerProcess, startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';
import { startTestServer } from '../support/test-server.js';

// a start takes seconds on a busy machine
vi.setConfig({ testTimeout: 60_000 });

/** A start that is refused says why on the right channel, to its operator and not to its programmer. */
const expectRefusal = ({ code, stdout, stderr }: ProcessEnd, ...told: string[]): void => {
  expect(code).toBe(1);
  expect(stdout).toBe('');
  for (const part of told) expect(stderr).toContain(part);
  expect(stderr, 'a stack trace').not.toMatch(/^ +at /m);
};

test('every fault of the environment is printed at once', async () => {
  const end = await runServerProcess({ PORT: '70000', GRAPHIQL: 'yes', HOST: '0.0.0.0' });
  expectRefusal(end, '3 fault', 'PORT=70000', 'GRAPHIQL=yes', 'HOST=0.0.0.0', 'loopback');
});

test('a second server on one data folder is refused and leaves the first alone', async () => {
  const folder = await useTempFolder();
  const first = await startServerProcess({ DATA_DIR: folder });
  expectRefusal(await runServerProcess({ DATA_DIR: folder }), folder, 'Another server', 'DATA_DIR');
  expect((await fetch(`${first.url}/graphql?query={__typename}`)).status).toBe(200);
});

test('a data folder that is a file is named', async () => {
  const path = join(await useTempFolder(), 'file');
  await writeFile(path, 'not a folder');
  expectRefusal(await runServerProcess({ DATA_DIR: path }), `The data folder ${path} cannot be used`);
});

/** Root may do everything, so that the server is run as a user that owns nothing. */
const others = process.getuid?.() === 0 ? { uid: 65_534 } : {};
const readBuild = [
  '-e',
  'require("node:fs").accessSync(process.argv[1])',
  join(import.meta.dirname, '../../dist/server/start.cjs'),
];
const canOthersRunIt = spawnSync(process.execPath, readBuild, others).status === 0;

test.for([
  ['a data folder', '.', 0o000, 'The data folder'],
  ['a folder for images', 'blobs', 0o500, 'for images'],
  // SQLite would open it, and every upload would fail
  ['a database', 'state.db', 0o444, 'The database'],
] as const)('%s without the permissions to write is named', async ([_case, name, mode, told], { skip }) => {
  skip(!canOthersRunIt, 'root runs this in a folder that other users may not read, so that none can be the server');
  const folder = await useTempFolder();
  await (await startTestServer({ DATA_DIR: folder })).close();
  for (const entry of await readdir(folder, { recursive: true })) await chmod(join(folder, entry), 0o777);
  await chmod(folder, 0o777);
  await chmod(join(folder, name), mode);
  expectRefusal(await runServerProcess({ DATA_DIR: folder }, others), told, folder);
});
