import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../dist/server', import.meta.url));
const main = (): Promise<string> => readFile(join(folder, 'main.cjs'), 'utf8');

test('the files that a start reads have no character beyond ASCII: V8 would keep them at two bytes each', async () => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cjs'));
  expect(names).toContain('main.cjs');
  const beyond: string[] = [];
  for (const name of names) {
    const bytes = await readFile(join(folder, name));
    if (bytes.some((byte) => byte > 0x7f)) beyond.push(name);
  }
  expect(beyond).toEqual([]);
});

test('a start loads nothing that only PostgreSQL, S3, MCP or frequent queries need', async () => {
  const loaded = Array.from(
    (await main()).matchAll(/^const .*require\("\.\/(.+?)-[\w-]{8}\.cjs"\);$/gm),
    ([, name]) => name,
  );
  expect(loaded).toEqual(['rolldown-runtime']);
});

const readCompiled = `
  const [vm, fs, module] = ['vm', 'fs', 'module'].map((name) => require(name));
  const [cachedData, source] = [fs.readFileSync('main.compiled'), fs.readFileSync('main.cjs', 'latin1')];
  console.log(new vm.Script(module.wrap(source), { cachedData }).cachedDataRejected);`;

/** Whether V8 refuses what was compiled, in a process that has these flags and none of this one's. */
const isRefused = (...flags: string[]): boolean =>
  execFileSync(process.execPath, [...flags, '-e', readCompiled], { cwd: folder, env: {}, encoding: 'utf8' }) ===
  'true\n';

test('a start compiles nothing that the build compiled', async () => {
  expect(isRefused()).toBe(false);
  // so the line above can fail
  expect(isRefused('--no-opt')).toBe(true);
  // a script that V8 did not compile itself cannot import
  expect(await main()).not.toMatch(/\bimport\(/);
});
