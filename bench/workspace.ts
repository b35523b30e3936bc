import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const killAfterMs = 10_000;

/** The project's folder; the compiled benchmark lies two levels below it. */
export const projectFolder = resolve(import.meta.dirname, '../..');

/** A temporary folder and the processes that were started for one purpose. Both go when it is closed, and nothing else does. */
export class Workspace {
  readonly #processes = new Set<ChildProcess>();

  private constructor(readonly folder: string) {}

  static async open(): Promise<Workspace> {
    return new Workspace(await mkdtemp(join(tmpdir(), 'image-facade-bench-')));
  }

  start(command: string, commandArguments: readonly string[], options: SpawnOptions): ChildProcess {
    const process = spawn(command, commandArguments, options);
    this.#processes.add(process);
    return process;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#processes].map(end));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Asks a process to end, ends it if it does not, and waits until it is gone. */
export const end = async (process: ChildProcess): Promise<void> => {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const gone = new Promise((resolve) => process.once('exit', resolve));
  process.kill('SIGTERM');
  const killer = setTimeout(() => process.kill('SIGKILL'), killAfterMs);
  await gone;
  clearTimeout(killer);
};
