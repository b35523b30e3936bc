import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const startPath = fileURLToPath(new URL('../../dist/server/start.cjs', import.meta.url));

export interface ProcessEnd {
  /** The exit code, or null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ServerProcess {
  /** The base URL that it printed. */
  readonly url: string;
  /** What it printed when it started. */
  readonly welcome: string;
  /** What it printed so far. */
  printed(): string;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<ProcessEnd>;
}

interface SpawnOptions {
  /** The user that it runs as, where the test may choose. */
  readonly uid?: number;
  /** The most file descriptors that it may have. */
  readonly openFiles?: number;
  /** Another program than the compiled server of `npm run build`. */
  readonly programPath?: string;
  /** Whether several tests share it: the file stops it. */
  readonly isShared?: boolean;
}

const spawnServer = (
  variables: Record<string, string>,
  { openFiles, programPath = startPath, isShared = false, ...options }: SpawnOptions,
) => {
  if (!existsSync(startPath)) throw new Error(`${startPath} is missing: these tests run what \`npm run build\` made.`);
  const command = [process.execPath, '--enable-source-maps', programPath];
  const limited = openFiles ? ['bash', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'bash'] : [];
  const [file = '', ...args] = [...limited, ...command];
  const child = spawn(file, args, {
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'warn', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    // no .env file of the project's folder configures it
    cwd: tmpdir(),
    ...options,
  });
  const end = async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  };
  if (!isShared) onTestFinished(end);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (data) => (output[name] += data));
  return { child, output, ended: endOf(child, output) };
};

const endOf = async (child: ChildProcess, output: { stdout: string; stderr: string }): Promise<ProcessEnd> => {
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
};

/** Starts the compiled server of `npm run build` on a free port and resolves when it has printed its URL. */
export const startServerProcess = async (
  variables: Record<string, string>,
  options: SpawnOptions = {},
): Promise<ServerProcess> => {
  const { child, output, ended } = spawnServer(variables, options);
  const started = new Promise<string>((resolve) => {
    child.stdout.on('data', () => {
      const url = /^image-facade serves at (\S+)$/m.exec(output.stdout)?.[1];
      // the last line of what it prints
      if (url && output.stdout.includes('@photo.jpg')) resolve(url);
    });
  });
  const failed = ended.then(({ code, stderr }): never => {
    throw new Error(`The server ended with ${code} instead of serving: ${stderr}`);
  });
  const url = await Promise.race([started, failed]);
  failed.catch(() => undefined);
  return { url, welcome: output.stdout, printed: () => output.stdout, signal: (name) => child.kill(name), ended };
};

/** Runs the compiled server in an environment that it is to refuse, until it ends. */
export const runServerProcess = (variables: Record<string, string>, options: SpawnOptions = {}): Promise<ProcessEnd> =>
  spawnServer(variables, options).ended;
