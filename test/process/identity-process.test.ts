import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bearer } from '../support/keys.js';
import { runCreate, runKeys } from '../support/run-keys.js';
import { useTempFolder } from '../support/temp-folder.js';

const inDist = (path: string): string => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

/** The real server as a process of its own, with all that it prints. */
const startProcess = async (dataFolder: string) => {
  const variables = { AUTH: 'keys', DATA_DIR: dataFolder, PORT: '0', LOG_LEVEL: 'trace' };
  const child = spawn(process.execPath, [inDist('server/start.cjs')], { env: { ...process.env, ...variables } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  }
  const url = await vi.waitFor(() => /serves at (\S+)/.exec(output)?.[1] ?? expect.unreachable(output), 10_000);
  return { url, stop: () => stop(child), readOutput: () => output };
};

const stop = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGTERM');
  await once(child, 'exit');
};

test('a running server honours a new key at once and a revocation within seconds, and keeps no secret', async () => {
  const dataFolder = await useTempFolder();
  const server = await startProcess(dataFolder);
  const { id, secret } = await runCreate(dataFolder, '*', ['images.read']);
  const statusWith = async (headers: Record<string, string>): Promise<number> => {
    const response = await fetch(`${server.url}/graphql?query={viewer{kind}}`, { headers });
    await response.arrayBuffer();
    return response.status;
  };
  const headers = bearer({ id, secret } as Parameters<typeof bearer>[0]);
  expect(await statusWith(headers)).toBe(200);
  expect(await statusWith({ authorization: `Bearer ${id}.${secret.slice(1)}x` })).toBe(401);
  expect((await runKeys(dataFolder, ['list'])).stdout).toMatch(
    new RegExp(`^${id}  \\* +\\S+Z +\\S+Z +- +images.read$`, 'm'),
  );

  await runKeys(dataFolder, ['revoke', id]);
  await vi.waitFor(async () => expect(await statusWith(headers)).toBe(401), { timeout: 3_000, interval: 100 });

  const traces = [secret, Buffer.from(`${id}:${secret}`).toString('base64')];
  const files = await filesOf(dataFolder);
  expect(files.some((bytes) => bytes.includes(id))).toBe(true);
  await server.stop();
  for (const bytes of [...files, ...(await filesOf(dataFolder)), Buffer.from(server.readOutput())]) {
    for (const trace of traces) expect(bytes.includes(trace)).toBe(false);
  }
});

const filesOf = async (folder: string): Promise<Buffer[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name))),
  );
};

test('the log keeps secrets out of headers that are logged', async () => {
  const script = `
    const { createLogs } = await import(${JSON.stringify(inDist('web/log.js'))});
    const { log } = createLogs('info');
    const headers = { authorization: 'S3CRET', cookie: 'S3CRET', 'set-cookie': ['S3CRET'], host: 'shown' };
    log.info({ headers });
    log.info({ request: { headers } });
    log.error({ err: Object.assign(new Error('failed'), { request: { headers } }) });`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(stdout.match(/shown/g)).toHaveLength(3);
  expect(stdout).not.toContain('S3CRET');
});
