import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { parseConfig } from '../src/config.js';
import { parameters, versionParameter } from '../src/domain/delivery/transform/transform.js';
import { defaultLimits } from '../src/domain/limits.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string): Promise<string> => readFile(join(root, name), 'utf8');

const pages: string[] = [];
for (const folder of ['.', 'docs', 'examples']) {
  const entries = await readdir(join(root, folder), { recursive: folder !== '.' });
  pages.push(...entries.filter((name) => name.endsWith('.md')).map((name) => join(folder, name)));
}

/** The anchors of a page's headings, as GitHub derives them. */
const anchorsOf = (page: string): string[] =>
  Array.from(page.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

test.each(pages)('the links of %s lead to files and headings that exist', async (name) => {
  const targets = Array.from((await read(name)).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
  const broken: string[] = [];
  for (const target of targets.filter((each) => !/^https?:/.test(each))) {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? name : join(dirname(name), path);
    const isFound = existsSync(join(root, file));
    if (!isFound || (anchor !== undefined && !anchorsOf(await read(file)).includes(anchor))) broken.push(target);
  }
  expect(broken).toEqual([]);
});

// docs/clients.md names files of the reader's own project
const aboutUs = pages.filter((name) => name !== 'docs/clients.md');

test.each(aboutUs)('the source files that %s names exist', async (name) => {
  const paths = Array.from(
    (await read(name)).matchAll(/(?<![\w./{-])(?:[\w-]+\/)+[\w.-]+\.(?:c?tsx?|mjs)\b/g),
    ([path]) => path,
  );
  const places = ['', 'src', 'test', dirname(name)];
  expect(paths.filter((path) => !places.some((place) => existsSync(join(root, place, path))))).toEqual([]);
});

test('docs/limits.md has every limit with its default', async () => {
  const rows = Array.from(
    (await read('docs/limits.md')).matchAll(/^\| `([a-z]\w*)` \| ([\d,]+|none) \|/gm),
    ([, name, value]) => [name, value === 'none' ? null : Number(value?.replaceAll(',', ''))],
  );
  expect(Object.fromEntries(rows)).toEqual(defaultLimits);
});

test('.env.example, copied to .env, changes nothing', async () => {
  expect(parseConfig(parseEnv(await read('.env.example')) as Record<string, string>)).toEqual(parseConfig({}));
});

test('docs/configuration.md and .env.example have the same variables', async () => {
  const example = Array.from((await read('.env.example')).matchAll(/^([A-Z_]+)=/gm), ([, name]) => name);
  const rows = (await read('docs/configuration.md')).match(/^\| `.*$/gm) ?? [];
  const documented = rows.flatMap((row) =>
    Array.from((row.split(' | ')[0] ?? '').matchAll(/`([A-Z_]+)`/g), ([, name]) => name),
  );
  expect(documented.toSorted()).toEqual(example.toSorted());
});

test.each(Object.entries({ ...parameters, v: versionParameter }))(
  'docs/delivery.md describes %s',
  async (name, parameter) => {
    const row = (await read('docs/delivery.md')).split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
    expect(row).toContain(parameter.description);
    for (const word of 'words' in parameter ? Object.keys(parameter.words) : []) expect(row).toContain(`\`${word}\`: `);
  },
);
