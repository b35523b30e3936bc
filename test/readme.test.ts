import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { defaultLimits } from '../src/domain/limits.js';

const read = (name: string): Promise<string> => readFile(new URL(`../${name}`, import.meta.url), 'utf8');

test('the README has every limit with its default', async () => {
  const rows = Array.from(
    (await read('README.md')).matchAll(/^\| `([a-z]\w*)` \| ([\d,]+|none) \|/gm),
    ([, name, value]) => [name, value === 'none' ? null : Number(value?.replaceAll(',', ''))],
  );
  expect(Object.fromEntries(rows)).toEqual(defaultLimits);
});

test('the README and the example of the environment have the same variables', async () => {
  const example = Array.from((await read('.env.example')).matchAll(/^([A-Z_]+)=/gm), ([, name]) => name);
  const readme = await read('README.md');
  const section = readme.slice(readme.indexOf('## Configuration'), readme.indexOf('## Operating it'));
  const told = Array.from(section.matchAll(/`(…?_?[A-Z][A-Z_]*_?…?)`/g), ([, name]) => name);
  // the table abbreviates families of names
  expect(example.filter((name) => !told.includes(name) && !name?.startsWith('METAL_HMAC_'))).toEqual([]);
});
