import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

export const toolPath = fileURLToPath(new URL('../../dist/tool.cjs', import.meta.url));

export interface ToolRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a compiled command-line tool as a process of its own. */
export const runTool = (
  name: string,
  args: readonly string[],
  variables: Record<string, string> = {},
): Promise<ToolRun> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [toolPath, name, ...args],
      { env: { ...process.env, ...variables }, cwd: tmpdir() },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

/** `npm run verify -- ...` on a data folder. */
export const runVerify = (folder: string, ...args: readonly string[]): Promise<ToolRun> =>
  runTool('cli/verify', args, { DATA_DIR: folder });
