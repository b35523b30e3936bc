import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const keysPath = fileURLToPath(new URL('../../dist/cli/keys.js', import.meta.url));

export interface KeysRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run keys -- ...` as a process of its own, on a data folder, or on what its working folder configures. */
export const runKeys = (
  dataFolder: string | undefined,
  args: readonly string[],
  variables: Record<string, string> = {},
  workingFolder = tmpdir(),
): Promise<KeysRun> =>
  new Promise((resolve) => {
    const env = { ...process.env, DATA_DIR: dataFolder, ...variables };
    const options = { env, cwd: workingFolder };
    const child = execFile(process.execPath, [keysPath, ...args], options, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });

/** Makes a key by the command line and reads what it printed. */
export const runCreate = async (
  dataFolder: string,
  account: string,
  scopes: readonly string[],
  variables: Record<string, string> = {},
) => {
  const options = scopes.flatMap((scope) => ['--scope', scope]);
  const { stdout, stderr } = await runKeys(dataFolder, ['create', '--account', account, ...options], variables);
  const id = /^ {2}id +(\S+)$/m.exec(stdout)?.[1];
  const secret = /^ {2}secret +(\S+)$/m.exec(stdout)?.[1];
  if (!id || !secret) throw new Error(`No key was made: ${stdout}${stderr}`);
  return { id, secret };
};
