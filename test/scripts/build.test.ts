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

/** How V8 takes what was compiled, in a process of its own: with flags as this one may have, it would refuse it. */
const readCompiled = `
  const [vm, fs, module] = ['vm', 'fs', 'module'].map((name) => require(name));
  const [cachedData, source] = [fs.readFileSync('main.compiled'), fs.readFileSync('main.cjs', 'latin1')];
  console.log(new vm.Script(module.wrap(source), { cachedData }).cachedDataRejected);`;

test('a start compiles nothing that the build compiled', async () => {
  expect(execFileSync(process.execPath, ['-e', readCompiled], { cwd: folder, encoding: 'utf8' }).trim()).toBe('false');
  // with other flags V8 refuses it, so the line above can fail
  expect(
    execFileSync(process.execPath, ['--no-opt', '-e', readCompiled], { cwd: folder, encoding: 'utf8' }).trim(),
  ).toBe('true');
  // a script that V8 did not compile itself cannot import
  expect(await main()).not.toMatch(/\bimport\(/);
});
