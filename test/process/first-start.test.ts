import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { runKeys } from '../support/run-keys.js';
import { useTempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 60_000 });
const slowly = { timeout: 30_000 };

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Runs what `npm start` runs, without a shell, in a folder. */
const start = async (folder: string, variables: Record<string, string> = {}) => {
  const { scripts } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  const [command, path, ...rest] = scripts.start.split(' ');
  // nothing that a shell would have to understand: cmd.exe runs the same line
  expect([command, rest]).toEqual(['node', []]);
  const child = spawn(process.execPath, [join(project, path)], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'warn', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'close');
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (data) => (output[name] += data));
  return { child, output };
};

const urlIn = (stdout: string): string => /serves at (\S+)/.exec(stdout)?.[1] ?? '';

test('a .env file in the working folder configures the server and the tool for keys, and the start says so', async () => {
  const folder = await useTempFolder();
  await writeFile(
    join(folder, '.env'),
    `DATA_DIR=${join(folder, 'mine')}\nAUTH=keys\nCORS_ORIGIN=http://localhost:5173\n`,
  );
  const { child, output } = await start(folder);
  await expect.poll(() => output.stdout, slowly).toContain('@photo.jpg');
  expect(output.stdout).toContain(join(folder, '.env'));
  expect(output.stderr).toContain('Did you mean CORS_ORIGINS?');
  expect(await readdir(folder)).toEqual(['.env', 'mine']);
  const response = await fetch(`${urlIn(output.stdout)}/accounts/x/images`);
  expect(response.status).toBe(401);
  const made = await runKeys(undefined, ['create', '--account', '*', '--scope', 'admin'], {}, folder);
  expect(made.stdout).toContain(`Keys in ${join(folder, 'mine', 'state.db')}`);
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s to what npm start runs stops the server, and its exit code comes back',
  async (signal) => {
    const { child, output } = await start(await useTempFolder());
    await expect.poll(() => output.stdout, slowly).toContain('@photo.jpg');
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([0, null]);
    await expect(fetch(`${urlIn(output.stdout)}/health/live`)).rejects.toThrow();
  },
);

test('a start that is refused ends with 1 and the reason', async () => {
  const folder = await useTempFolder();
  await mkdir(join(folder, '.env'));
  const { child, output } = await start(folder);
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(output.stderr).toContain(join(folder, '.env'));
});
