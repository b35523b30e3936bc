import { spawnSync } from 'node:child_process';
import { chmod, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, test, vi } from 'vitest';
import { runCreate, runKeys } from '../support/run-keys.js';
import { type ProcessEnd, runServerProcess, startServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';

// a start takes seconds on a busy machine
vi.setConfig({ testTimeout: 60_000 });

/** A start that is refused says why on the right channel, to its operator and not to its programmer. */
const expectRefusal = ({ code, stdout, stderr }: ProcessEnd, ...wording: string[]): void => {
  expect(code).toBe(1);
  expect(stdout).toBe('');
  for (const part of wording) expect(stderr).toContain(part);
  expect(stderr, 'a stack trace').not.toMatch(/^ +at /m);
};

test('every fault of the environment is printed at once', async () => {
  const end = await runServerProcess({ PORT: '70000', GRAPHIQL: 'yes', HOST: '0.0.0.0' });
  expectRefusal(end, '3 errors:', 'PORT=70000', 'GRAPHIQL=yes', 'HOST=0.0.0.0', 'loopback');
});

test('a second server on one data folder is refused and leaves the first alone', async () => {
  const folder = await useTempFolder();
  const first = await startServerProcess({ DATA_DIR: folder });
  expectRefusal(await runServerProcess({ DATA_DIR: folder }), folder, 'Another server', 'DATA_DIR');
  expect((await fetch(`${first.url}/graphql?query={__typename}`)).status).toBe(200);
});

test.each([
  ['database', 'DATABASE_URL', 'state.db'],
  ['image folder', 'BLOB_STORE_URL', 'blobs'],
])(
  'a second server on one %s is refused whatever its data folder is called, and by whatever name',
  async (_what, name, entry) => {
    const first = join(await useTempFolder(), 'data');
    const shared = join(first, entry);
    const server = await startServerProcess({ DATA_DIR: first });
    const links = await useTempFolder();
    await symlink(shared, join(links, 'to-it'));
    await symlink(first, join(links, 'to-its-folder'));
    for (const path of [
      shared,
      join(links, 'to-it'),
      join(links, 'to-its-folder', entry),
      // from where servers of tests start
      relative(tmpdir(), shared),
    ]) {
      const end = await runServerProcess({ DATA_DIR: await useTempFolder(), [name]: `file:${path}` });
      expectRefusal(end, 'Another server', name, path.split('/').at(-1) ?? '');
    }
    expect((await fetch(`${server.url}/graphql?query={__typename}`)).status).toBe(200);
  },
);

test('a link to a database that is not there yet is one database with what it leads to', async () => {
  const [target, links] = [await useTempFolder(), await useTempFolder()];
  await symlink(join(target, 'new.db'), join(links, 'link.db'));
  await startServerProcess({ DATA_DIR: await useTempFolder(), DATABASE_URL: `file:${join(links, 'link.db')}` });
  const variables = { DATA_DIR: await useTempFolder(), DATABASE_URL: `file:${join(target, 'new.db')}` };
  expectRefusal(await runServerProcess(variables), 'Another server', 'DATABASE_URL');
});

test('command-line tools work next to a running server', async () => {
  const folder = await useTempFolder();
  const server = await startServerProcess({ DATA_DIR: folder });
  await runCreate(folder, '*', ['admin']);
  expect(await runKeys(folder, ['list'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('admin') });
  server.signal('SIGTERM');
  expect(await server.ended).toMatchObject({ code: 0 });
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
] as const)('%s without the permissions to write is named', async ([_case, name, mode, wording], { skip }) => {
  skip(!canOthersRunIt, 'root runs this in a folder that other users may not read, so that none can be the server');
  const folder = await useTempFolder();
  // of a process that has ended: in this one, files of the database would go whenever its connections are collected
  const server = await startServerProcess({ DATA_DIR: folder });
  server.signal('SIGTERM');
  await server.ended;
  for (const entry of await readdir(folder, { recursive: true })) await chmod(join(folder, entry), 0o777);
  await chmod(folder, 0o777);
  await chmod(join(folder, name), mode);
  expectRefusal(await runServerProcess({ DATA_DIR: folder }, others), wording, folder);
});
