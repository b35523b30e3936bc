import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { runServerProcess } from '../support/server-process.js';
import { useTempFolder } from '../support/temp-folder.js';

// a start takes seconds on a busy machine
vi.setConfig({ testTimeout: 60_000 });

/** A script that has Node meet a native module as it would if the module were missing, or built for something else. */
const makeBreaker = async (pattern: RegExp, message: string, code: string): Promise<string> => {
  const path = join(await useTempFolder(), 'breaker.cjs');
  await writeFile(
    path,
    `const Module = require('node:module');
     const load = Module._load;
     Module._load = function (request, ...rest) {
       if (${pattern}.test(request)) throw Object.assign(new Error(${JSON.stringify(message)}), { code: '${code}' });
       return load.call(this, request, ...rest);
     };`,
  );
  return path;
};

const missing = "Cannot find module '@libsql/linux-x64-gnu'\nRequire stack:\n- /somewhere";
const foreign = "/lib/libc.so.6: version `GLIBC_2.99' not found (required by /somewhere/index.node)";

test.each([
  ['the database is missing', /^@libsql\//, missing, 'MODULE_NOT_FOUND'],
  ['the database was built for another system', /^@libsql\//, foreign, 'ERR_DLOPEN_FAILED'],
  ['sharp was built for another system', /sharp.*\.node$/, foreign, 'ERR_DLOPEN_FAILED'],
])('a start where %s ends with one line that says what to do', async (_case, pattern, message, code) => {
  const breaker = await makeBreaker(pattern, message, code);
  const end = await runServerProcess({ DATA_DIR: await useTempFolder(), NODE_OPTIONS: `--require ${breaker}` });
  expect(end).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^A native module .*npm ci.*\n$/) });
});

test('a command-line tool whose database does not load ends with one line that says what to do', async () => {
  const breaker = await makeBreaker(/^@libsql\//, missing, 'MODULE_NOT_FOUND');
  const tool = join(import.meta.dirname, '../../dist/tool.cjs');
  const { status, stderr } = spawnSync(process.execPath, ['--require', breaker, tool, 'cli/keys', 'list'], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^A native module .*npm ci.*\n$/) });
});
