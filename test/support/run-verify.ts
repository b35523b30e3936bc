import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const toolPath = fileURLToPath(new URL('../../dist/tool.cjs', import.meta.url));

/** `npm run verify -- ...` as a process of its own, on a data folder. */
export const runVerify = (
  folder: string,
  ...args: readonly string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, DATA_DIR: folder };
    const child = execFile(
      process.execPath,
      [toolPath, 'cli/verify', ...args],
      { env, cwd: tmpdir() },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
