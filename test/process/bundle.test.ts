import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../dist/server', import.meta.url));
const modulesIn = async (path: string): Promise<string[]> =>
  (await readdir(path)).filter((name) => name.endsWith('.js'));

test('the files that a start reads have no character beyond ASCII: V8 would keep them at two bytes each', async () => {
  const names = await modulesIn(folder);
  expect(names).toContain('main.js');
  const beyond: string[] = [];
  for (const name of names) {
    const bytes = await readFile(join(folder, name));
    if (bytes.some((byte) => byte > 0x7f)) beyond.push(name);
  }
  expect(beyond).toEqual([]);
});

test('a start loads nothing that only PostgreSQL, S3, MCP or frequent queries need', async () => {
  const main = await readFile(join(folder, 'main.js'), 'utf8');
  const loaded = Array.from(main.matchAll(/^import .*from "\.\/(.+?)-[\w-]{8}\.js";$/gm), ([, name]) => name);
  expect(loaded).toEqual(['rolldown-runtime']);
});
