import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockDataFolder } from '../../src/state/data-lock.js';
import { StartRefusedError } from '../../src/state/start-refused-error.js';
import { useTempFolder } from '../support/temp-folder.js';

/** Does what the lock does, in a process of its own, and says so. */
const holder = `
  const Database = require('libsql');
  const database = new Database(process.argv[1], { timeout: 0 });
  database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  process.stdout.write('held');
  setInterval(() => database.open, 1000);
`;

const refusalFor = (folder: string): unknown => {
  try {
    lockDataFolder(folder).release();
    return undefined;
  } catch (error) {
    return error;
  }
};

test('a second server on one data folder is refused by name of the folder, until the first ends', async () => {
  const folder = join(await useTempFolder(), 'made', 'on demand');
  const lock = lockDataFolder(folder);
  const refusal = refusalFor(folder);
  expect(refusal).toBeInstanceOf(StartRefusedError);
  expect(String(refusal)).toContain(folder);
  expect(String(refusal)).toContain('DATA_DIR');
  lock.release();
  lockDataFolder(folder).release();
});

test('a server that is killed leaves no lock behind', async () => {
  const folder = await useTempFolder();
  const child = spawn(process.execPath, ['-e', holder, join(folder, 'lock.db')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(refusalFor(folder)).toBeInstanceOf(StartRefusedError);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockDataFolder(folder).release();
});

test('two data folders are held side by side', async () => {
  const first = lockDataFolder(await useTempFolder());
  const second = lockDataFolder(await useTempFolder());
  first.release();
  second.release();
});
