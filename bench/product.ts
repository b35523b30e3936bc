import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectFolder, type Workspace } from './workspace.js';

const startLimitMs = 30_000;
const pollMs = 5;

/** The product's server in its own process. */
export interface Product {
  readonly url: string;
  readonly dataFolder: string;
  readonly process: ChildProcess;
  readonly pid: number;
  /** From the start of the process to the first answered query. */
  readonly startMs: number;
}

/** Starts the server that `npm start` launches, with the server's own defaults except for the port and the data folder. */
export const startProduct = async (
  workspace: Workspace,
  dataFolder = join(workspace.folder, 'data'),
  variables: Readonly<Record<string, string>> = {},
): Promise<Product> => {
  const port = await freePort();
  const logPath = join(workspace.folder, 'product.log');
  const log = openSync(logPath, 'a');
  const startedMs = performance.now();
  const process = workspace.start('node', ['dist/server/start.cjs'], {
    cwd: projectFolder,
    env: { ...ownEnvironment(), ...allocatorSettings, PORT: String(port), DATA_DIR: dataFolder, ...variables },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (process.exitCode !== null || performance.now() - startedMs > startLimitMs) {
      throw new Error(`The server did not start:\n${readFileSync(logPath, 'utf8')}`);
    }
    await sleep(pollMs);
  }
  return { url, dataFolder, process, pid: process.pid ?? 0, startMs: performance.now() - startedMs };
};

/** As launch.cts sets them. The server itself is started, whose memory and processor time are read by its process id. */
const allocatorSettings = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };

/** Nothing of the caller's environment configures the server. */
const ownEnvironment = () => ({ PATH: process.env['PATH'], HOME: process.env['HOME'] });

const answers = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ limits { fileBytes } }' }),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
};

/** A port of loopback that nobody has. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no free port')),
      );
    });
  });
