import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeImage, uploadImage } from '../../support/image-operations.js';
import { newPhoto } from '../../support/sample-images.js';
import { accountId } from '../../support/test-server.js';
import { launchChromium } from '../launch-chromium.js';
import { fileOf, openConsole } from './open-console.js';
import { violationsIn } from './violations.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const texts = 'query($imageId: UUID!) { image(by: { imageId: $imageId }) { metadata { altTexts { locale text } } } }';

test.each(['light', 'dark'] as const)(
  'texts in other languages are added, changed and removed, in %s',
  async (colorScheme) => {
    const { server, page } = await openConsole(browser, { context: { colorScheme } });
    const altTexts = [
      { locale: 'fr', text: 'Un héron' },
      { locale: 'sv', text: 'En häger' },
    ];
    const { imageId } = await uploadImage(server, await newPhoto(), { altText: 'A heron', altTexts });
    const stored = async () => (await server.query(texts, { imageId })).data.image.metadata.altTexts;
    await page.getByRole('link', { name: 'A heron' }).click();
    const detail = page.getByRole('dialog');
    await detail.getByRole('textbox', { name: 'French (fr)' }).fill('Un héron cendré');
    await detail.getByRole('button', { name: 'Remove Swedish (sv)' }).click();
    const tag = detail.getByLabel('Language tag, such as de or pt-BR');
    for (const [typed, problem] of [
      ['e n', 'A language is a tag such as'],
      ['EN', 'There is a text in English (en) already.'],
    ] as const) {
      await tag.fill(typed);
      await detail.getByRole('button', { name: 'Add a language' }).click();
      await detail.getByText(problem).waitFor();
    }
    await tag.fill('DE');
    await tag.press('Enter');
    await detail.getByRole('textbox', { name: 'German (de)' }).fill('Ein Reiher');
    expect(await violationsIn(page)).toEqual([]);
    expect(await stored()).toEqual([{ locale: 'en', text: 'A heron' }, ...altTexts]);
    await detail.getByRole('button', { name: 'Save the languages' }).click();
    await detail.getByText('Saved.').waitFor();
    expect(await stored()).toEqual([
      { locale: 'en', text: 'A heron' },
      { locale: 'de', text: 'Ein Reiher' },
      { locale: 'fr', text: 'Un héron cendré' },
    ]);
    expect(await detail.getByRole('textbox', { name: 'French (fr)' }).getAttribute('lang')).toBe('fr');
  },
);

test('images without a text in a language are found, and the address of the page keeps that', async () => {
  const { server, page } = await openConsole(browser);
  await uploadImage(server, await newPhoto(), { altText: 'Only English' });
  await uploadImage(server, await newPhoto(), { altText: 'Both', altTexts: [{ locale: 'de', text: 'Beides' }] });
  const listed = () => page.getByRole('listitem').getByRole('link').count();
  await expect.poll(listed).toBe(2);
  const language = page.getByLabel('No text in language');
  await language.fill('DE');
  await language.press('Enter');
  await page.getByRole('link', { name: 'Only English' }).waitFor();
  await expect.poll(listed).toBe(1);
  await page.reload();
  await expect.poll(listed).toBe(1);
  expect(await language.inputValue()).toBe('de');
  await language.fill('');
  await language.press('Enter');
  await expect.poll(listed).toBe(2);
});

test('texts are exported as CSV, and imported after a look at what would change', async () => {
  const { server, page } = await openConsole(browser);
  const hostile = '=1+1';
  const first = await uploadImage(server, await newPhoto(), { altText: 'A "red", heron' });
  const second = await uploadImage(server, await newPhoto(), {
    altText: hostile,
    altTexts: [{ locale: 'de', text: '' }],
  });
  const late = await uploadImage(server, await newPhoto(), { altText: 'A stork' });
  const stored = async ({ imageId }: { imageId: string }) =>
    (await server.query(texts, { imageId })).data.image.metadata.altTexts;
  await page.getByRole('button', { name: 'CSV…' }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export the images of this list' }).click();
  const csv = await readFile(await (await downloading).path(), 'utf8');
  const rows: string[][] = parse(csv, { bom: true });
  expect(rows.map((row) => [row[0], ...row.slice(5)])).toEqual([
    ['imageId', 'en', 'de'],
    [first.imageId, 'A "red", heron', ''],
    [second.imageId, "'=1+1", '[decorative]'],
    [late.imageId, 'A stork', ''],
  ]);

  const choose = (content: string | Buffer) =>
    page.getByLabel('File to import').setInputFiles(fileOf('texts.csv', Buffer.from(content), 'text/csv'));
  for (const [content, problem] of [
    [Buffer.from(`imageId,de\n${first.imageId},Käfer`, 'latin1'), 'not in UTF-8'],
    [`imageId,Notes\n${first.imageId},x`, 'Column 2, "Notes", is not understood'],
    [`imageId,de\n${first.imageId},"x`, 'Line 2: a quote has no end'],
    ['de\nx', 'The file needs the column imageId'],
  ] as const) {
    await choose(content);
    await page.getByText(problem).waitFor();
  }
  await choose(csv);
  await page.getByText('0 would change, 3 unchanged, 0 with errors.').waitFor();
  await choose(
    [
      'imageId;de;en',
      `${first.imageId};"Ein ""roter""`,
      `Reiher; am Ufer";[decorative]`,
      `${second.imageId};;'=1+1`,
      `${late.imageId};Ein Storch;A stork`,
      `${first.imageId};twice;x`,
      `nobody;x;y`,
      `${accountId};${'x'.repeat(10)};y`,
      '',
    ].join('\r\n'),
  );
  await page.getByText('3 would change, 0 unchanged, 3 with errors.').waitFor();
  await page.getByText('Line 4: de decorative → none').waitFor();
  expect(await violationsIn(page)).toEqual([]);
  // nothing was written yet, and one of them is changed by somebody else
  expect(await stored(first)).toEqual([{ locale: 'en', text: 'A "red", heron' }]);
  const metadata = { altTexts: [{ locale: 'de', text: 'Ein Kranich' }] };
  await changeImage(server, 'updateImage', 'UpdateImageInput', { id: late.id, metadata });
  await page.getByRole('button', { name: 'Change 3 images' }).click();
  await page.getByText('2 of 3 changed.').waitFor();
  await page.getByText('Line 5: the image was changed meanwhile').waitFor();
  expect(await stored(first)).toEqual([
    { locale: 'en', text: '' },
    { locale: 'de', text: 'Ein "roter"\r\nReiher; am Ufer' },
  ]);
  expect(await stored(second)).toEqual([{ locale: 'en', text: hostile }]);
  expect(await stored(late)).toEqual([
    { locale: 'en', text: 'A stork' },
    { locale: 'de', text: 'Ein Kranich' },
  ]);
});
