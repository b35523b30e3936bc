import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeImage, uploadImage } from '../support/image-operations.js';
import { insertImages } from '../support/insert-images.js';
import { journalHead } from '../support/journal-head.js';
import { runTool, type ToolRun } from '../support/run-tool.js';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

const otherAccount = '00000000-0000-4000-8000-000000000009';
const hostile = '=HYPERLINK("http://evil.example";"click")';

let server: TestServer;
let csvPath: string;
beforeAll(async () => {
  server = await startTestServer();
  csvPath = join(server.dataFolder, 'texts.csv');
});
afterAll(() => server.close());

const tool = (...args: string[]): Promise<ToolRun> => runTool('cli/alt-text', args, server.variables);
const exported = async (...args: string[]): Promise<string[][]> => {
  const { code, stdout, stderr } = await tool('export', '--account', accountId, ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return parse(stdout, { bom: true });
};
const imported = async (content: string | Uint8Array, ...args: string[]): Promise<ToolRun> => {
  await writeFile(csvPath, content);
  return tool('import', csvPath, '--account', accountId, ...args);
};
const csvOf = (rows: readonly (readonly string[])[], delimiter = ','): string =>
  rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter)).join('\r\n');

interface Stored {
  readonly id: string;
  readonly imageId: string;
}
const upload = async (texts: Record<string, string>, account = accountId): Promise<Stored> => {
  const altTexts = Object.entries(texts).map(([locale, text]) => ({ locale, text }));
  return uploadImage(server, await newPhoto(), { altTexts }, account);
};
const textsOf = async ({ imageId }: Stored): Promise<Record<string, string>> => {
  const { data } = await server.query(
    'query($imageId: UUID!) { image(by: { imageId: $imageId }) { metadata { altTexts { locale text } } } }',
    { imageId },
  );
  const list: { locale: string; text: string }[] = data.image.metadata.altTexts;
  return Object.fromEntries(list.map(({ locale, text }) => [locale, text]));
};

test('what is exported, with formulas marked, changes nothing when it is imported again', async () => {
  const texts = { en: hostile, de: "'=1", 'pt-BR': 'Uma "garça",\nà beira\r\n', ar: '', fr: '[decorative]' };
  const first = await upload(texts);
  const second = await upload({ en: 'A heron' });
  const rows = await exported();
  expect(rows[0]).toEqual(['imageId', 'publicId', 'fileName', 'url', 'revision', 'en', 'ar', 'de', 'fr', 'pt-BR']);
  const row = rows.find(([imageId]) => imageId === first.imageId);
  expect(row?.slice(3)).toEqual([
    expect.stringMatching(/^http.*\/images\/\w{21}$/),
    '1',
    `'${hostile}`,
    '[decorative]',
    "''=1",
    "'[decorative]",
    texts['pt-BR'],
  ]);
  expect(rows.find(([imageId]) => imageId === second.imageId)?.slice(5)).toEqual(['A heron', '', '', '', '']);
  const head = await journalHead(server);
  const again = await imported(csvOf(rows));
  expect(again).toMatchObject({ code: 0, stdout: '0 changed, 2 unchanged, 0 in conflict, 0 refused\n' });
  expect(await journalHead(server)).toEqual(head);
  expect(await textsOf(first)).toEqual({ ...texts });
  // columns that were not asked for are not there, and images that have the text neither
  const some = await exported('--locale', 'DE', '--locale', 'sv', '--missing', 'de');
  expect(some.map((cells) => [cells[0], ...cells.slice(5)])).toEqual([
    ['imageId', 'de', 'sv'],
    [second.imageId, '', ''],
  ]);
});

test('a dry run shows what would change, and an import changes it next to the running server', async () => {
  const image = await upload({ en: 'A heron', de: 'Ein Reiher', fr: 'Un héron' });
  const rows = [
    ['imageId', 'de', 'en', 'sv'],
    [image.imageId.toUpperCase(), '', '[decorative]', '=1+1\u001b[31m\u009b31m'],
  ];
  const dry = await imported(`\ufeff${csvOf(rows, ';')}`, '--dry-run');
  expect(dry.code).toBe(0);
  expect(dry.stdout).toContain(
    `line 2: ${image.imageId}: de "Ein Reiher" -> none, en "A heron" -> "", sv none -> "=1+1`,
  );
  expect(dry.stdout).toContain('1 would change, 0 unchanged');
  for (const control of ['\u001b', '\u009b']) expect(dry.stdout).not.toContain(control);
  expect(await textsOf(image)).toEqual({ en: 'A heron', de: 'Ein Reiher', fr: 'Un héron' });
  expect(await imported(`\ufeff${csvOf(rows, ';')}`)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 changed'),
  });
  await expect
    .poll(() => textsOf(image), { timeout: 5_000 })
    .toEqual({
      ...{ en: '', fr: 'Un héron', sv: '=1+1\u001b[31m\u009b31m' },
    });
});

test('each row that cannot be applied is reported with its line, and the others are applied', async () => {
  const changed = await upload({ en: 'A heron' });
  const stale = await upload({ en: 'A stork' });
  const foreign = await upload({ en: 'Not yours' }, otherAccount);
  await changeImage(server, 'updateImage', 'UpdateImageInput', { id: stale.id, metadata: { altText: 'A crane' } });
  const rows = [
    ['imageId', 'revision', 'en', 'de'],
    ['nonsense', '1', 'x', ''],
    [foreign.imageId, '1', 'mine', ''],
    [stale.imageId, '1', 'overwritten', ''],
    [changed.imageId, '1', 'x'],
    [changed.imageId, 'one', 'x', ''],
    [changed.imageId, '1', 'A heron', 'x'.repeat(1_001)],
    [changed.imageId, '1', 'A heron\nin two lines', 'Ein Reiher'],
  ];
  const { code, stdout } = await imported(csvOf(rows));
  expect(code).toBe(1);
  expect(stdout.split('\n')).toEqual([
    'line 2: refused: imageId is "nonsense", which is no UUID.',
    expect.stringContaining('line 5: refused: Has 3 of 4 cells.'),
    expect.stringContaining('line 6: refused: revision is "one"'),
    `line 3: refused: No image of the account has the id ${foreign.imageId}.`,
    expect.stringMatching(new RegExp(`^line 4: conflict: ${stale.imageId} was changed since the export`)),
    'line 7: refused: de: Has 1001 characters; at most 1000 are accepted.',
    '1 changed, 0 unchanged, 1 in conflict, 5 refused',
    '',
  ]);
  await expect
    .poll(() => textsOf(changed), { timeout: 5_000 })
    .toEqual({
      ...{ en: 'A heron\nin two lines', de: 'Ein Reiher' },
    });
  expect([await textsOf(stale), await textsOf(foreign)]).toEqual([{ en: 'A crane' }, { en: 'Not yours' }]);
  const forced = await imported(
    csvOf([
      ['imageId', 'revision', 'en'],
      [stale.imageId, '1', 'overwritten'],
    ]),
    '--force',
  );
  expect(forced.code).toBe(0);
  await expect.poll(() => textsOf(stale), { timeout: 5_000 }).toEqual({ en: 'overwritten' });
});

const id = '3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8ad0';
test.each<[string, string | Uint8Array, string]>([
  ['a column that is no language', `imageId,Notes\n${id},x`, 'Column 2, "Notes", is not understood'],
  ['a language twice', `imageId,de,DE\n${id},x,y`, 'The column DE is there twice.'],
  ['no column of ids', 'de,fr\nx,y', 'The column imageId is missing.'],
  ['no language', `imageId,url\n${id},x`, 'There is no column of a language.'],
  ['another encoding', Buffer.from(`imageId,de\n${id},Käfer`, 'latin1'), 'not in UTF-8'],
  ['a quote without its end', `imageId,de\n${id},"${'x'.repeat(2_000_000)}`, 'is no CSV file'],
])('a file with %s is refused', async (_what, content, message) => {
  const { code, stdout, stderr } = await imported(content);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(message);
});

const sequences = '\u001b[31m\u009b31m\u007f\b';
test.each<[string, string]>([
  ['an id', `imageId,de\n${sequences},x`],
  ['a revision', `imageId,revision,de\n${id},${sequences},x`],
  ['the name of a column', `imageId,${sequences}\n${id},x`],
  ['damaged CSV', `imageId,de\n${id},a${sequences}"x`],
])('a terminal runs nothing that %s has', async (_what, content) => {
  const { code, stdout, stderr } = await imported(content);
  expect(code).toBe(1);
  expect(`${stdout}${stderr}`).toMatch(/^[^\p{Cc}]+\n(?:[^\p{Cc}]+\n)*$/u);
});

test('a command line that is not understood ends with 2 and the usage', async () => {
  for (const args of [
    [],
    ['import', '--account', accountId],
    ['export', '--account', 'mine'],
    ['export', '--locale', 'e_n'],
  ]) {
    const { code, stderr } = await tool(...args);
    expect(code).toBe(2);
    expect(stderr).toContain('alt-text -- export --account <uuid>');
  }
});

test('an account of several pages is exported whole, each image once', async () => {
  await insertImages(server, 450, otherAccount);
  const { stdout } = await tool('export', '--account', otherAccount);
  const rows: string[][] = parse(stdout, { bom: true, from: 2 });
  expect(rows).toHaveLength(451);
  expect(new Set(rows.map(([imageId]) => imageId)).size).toBe(451);
});
