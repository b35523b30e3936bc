import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploadImage } from '../../support/image-operations.js';
import { newPhoto } from '../../support/sample-images.js';
import { launchChromium } from '../launch-chromium.js';
import { openConsole } from './open-console.js';
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
