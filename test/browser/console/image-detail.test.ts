import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photoJpeg, photoPng } from '../../support/sample-images.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { accountId, type TestServer } from '../../support/test-server.js';
import { launchChromium } from '../launch-chromium.js';
import { fileOf, openConsole } from './open-console.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const openImage = async (
  name: string,
  bytes: Buffer,
  variables: Record<string, string> = {},
): Promise<{ server: TestServer; page: Page }> => {
  const { server, page } = await openConsole(browser, { variables });
  await server.upload(
    'mutation ($input: UploadImageInput!) { uploadImage(input: $input) { __typename } }',
    { input: { accountId, file: null, metadata: { altText: 'A "red" <bicycle>' } } },
    { 'input.file': new File([new Uint8Array(bytes)], name) },
  );
  await page.getByRole('link', { name: 'A "red" <bicycle>' }).click();
  await page.getByRole('button', { name: 'Copy GraphQL' }).waitFor();
  return { server, page };
};

test('a file is replaced after both were seen, keeps the image, and brings its name', async () => {
  const { server, page } = await openImage('before.jpg', await photoJpeg({ width: 300, height: 200 }));
  const detail = page.getByRole('dialog');
  const replacement = await photoPng({ width: 120, height: 240 });
  const choose = () => detail.getByLabel('New file').setInputFiles(fileOf('after.png', replacement));
  await choose();
  await detail.getByText('Before: 300 × 200').waitFor();
  await detail.getByText('After: after.png').waitFor();
  const sizeOf = (name: string) =>
    detail.getByRole('img', { name, exact: true }).evaluate(async (image: HTMLImageElement) => {
      await image.decode();
      return image.naturalWidth / image.naturalHeight;
    });
  expect(await sizeOf('The current file')).toBeCloseTo(1.5, 1);
  expect(await sizeOf('The new file')).toBeCloseTo(0.5, 1);
  await detail.getByRole('button', { name: 'Keep the current one' }).click();
  expect(await detail.getByRole('img', { name: 'The new file' }).count()).toBe(0);
  await choose();
  await detail.getByRole('button', { name: 'Replace the file', exact: true }).click();
  await detail.getByText('Replaced. The image keeps its URL.').waitFor();
  await detail.getByText('120 × 240 pixels').waitFor();
  await detail.getByText('after.png', { exact: true }).waitFor();
  const { data } = await server.query(
    'query ($accountId: UUID) { images(accountId: $accountId) { nodes { fileName version metadata { altText } } } }',
    { accountId },
  );
  expect(data.images.nodes).toEqual([
    { fileName: 'after.png', version: 2, metadata: { altText: 'A "red" <bicycle>' } },
  ]);
});

test('every snippet works where it is pasted', async () => {
  const { server, page } = await openImage('bicycle.jpg', await photoJpeg({ width: 600, height: 400 }));
  await page.getByLabel('Width').fill('240');
  await page.getByText(/^240 × 160, image\//).waitFor();
  const snippet = (name: string) => page.getByRole('textbox', { name, exact: true }).inputValue();
  expect((await fetch(await snippet('URL'))).status).toBe(200);

  const { data, errors } = await server.query(await snippet('GraphQL'));
  expect(errors).toBeUndefined();
  expect(data.image).toMatchObject({
    metadata: { altText: 'A "red" <bicycle>' },
    variant: { width: 240, height: 160 },
  });
  expect((await fetch(data.image.variant.url)).status).toBe(200);

  const html = `${await snippet('<img>')}${await snippet('<picture>')}`;
  const visitor = await browser.newPage({ viewport: { width: 1_000, height: 600 }, deviceScaleFactor: 2 });
  try {
    await visitor.setContent(html);
    const shown = await visitor.evaluate(() =>
      Promise.all(
        [...document.images].map(async (image) => {
          await image.decode();
          return { alt: image.alt, width: image.width, height: image.height, source: image.currentSrc };
        }),
      ),
    );
    expect(shown).toHaveLength(2);
    for (const { source, ...image } of shown) {
      expect(image).toEqual({ alt: 'A "red" <bicycle>', width: 240, height: 160 });
      // the screen has two pixels for each of the page
      const bytes = Buffer.from(await (await fetch(source)).arrayBuffer());
      expect((await sharp(bytes).metadata()).width).toBe(480);
    }
    const urls = html.match(/https?:[^\s"]+/g) ?? [];
    expect(urls.length).toBeGreaterThan(6);
    for (const url of urls) expect((await fetch(url.replaceAll('&amp;', '&'))).status, url).toBe(200);
  } finally {
    await visitor.close();
  }
});

test('a preset is offered in place of a transform, and marked if it is rendered ahead', async () => {
  const presets = join(await useTempFolder(), 'presets.json');
  await writeFile(presets, JSON.stringify({ card: { size: '64x48', eager: true }, avatar: { size: '32x32' } }));
  const { server, page } = await openImage('bicycle.jpg', await photoJpeg(), { PRESETS: presets });
  const preset = page.getByLabel('Preset');
  await expect
    .poll(() => preset.getByRole('option').allTextContents())
    .toEqual(['None', 'card (rendered ahead)', 'avatar']);
  await preset.selectOption('card');
  await page.getByText(/^64 × 48, image\//).waitFor();
  expect(await page.getByLabel('Width').count()).toBe(0);
  const snippet = (name: string) => page.getByRole('textbox', { name, exact: true }).inputValue();
  const { data } = await server.query(await snippet('GraphQL'));
  expect(data.image.variant).toMatchObject({ url: await snippet('URL'), width: 64, height: 48 });
  expect(await snippet('<img>')).toContain('width="64" height="48" alt="A &quot;red&quot; &lt;bicycle>"');
  await preset.selectOption('None');
  await page.getByLabel('Width').waitFor();
});

test('the original is saved under the name of its file', async () => {
  const bytes = await photoJpeg();
  const { page } = await openImage('Käse (1).jpg', bytes);
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the original' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('Käse (1).jpg');
  expect((await readFile(await download.path())).equals(bytes)).toBe(true);
});

test('what is chosen as soon as the form is there stays', async () => {
  const { page } = await openImage('early.jpg', await photoJpeg({ width: 60, height: 40 }));
  await page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).click();
  // sooner than anybody can: in the same task in which the form is put into the page
  await page.evaluate(() => {
    const observer = new MutationObserver(() => {
      const choices = [...document.querySelectorAll<HTMLLabelElement>('.alt-text-form label')];
      const decorative = choices.find(({ textContent }) => textContent?.startsWith('Decorative'));
      if (!decorative) return;
      observer.disconnect();
      decorative.click();
    });
    observer.observe(document.body, { childList: true, subtree: true });
  });
  await page.getByRole('link', { name: 'A "red" <bicycle>' }).click();
  await page.getByRole('button', { name: 'Copy GraphQL' }).waitFor();
  expect(await page.getByRole('radio', { name: /^Decorative/ }).isChecked()).toBe(true);
  await page.getByRole('button', { name: 'Save the alternative text' }).click();
  await page.getByText('Saved.').waitFor();
  expect(await page.getByRole('radio', { name: /^Decorative/ }).isChecked()).toBe(true);
});

test('details are read when they are opened, and again when the image is changed elsewhere, and at no other time', async () => {
  const { server, page } = await openImage('once.jpg', await photoJpeg({ width: 60, height: 40 }));
  const detail = page.getByRole('dialog');
  await detail.getByRole('button', { name: 'Close', exact: true }).click();
  let reads = 0;
  page.on('request', (request) => {
    if (/query Image\(/.test(request.postData() ?? '')) reads += 1;
  });
  await page.getByRole('link', { name: 'A "red" <bicycle>' }).click();
  await detail.getByText('60 × 40 pixels').waitFor();
  const { data } = await server.query('query ($accountId: UUID) { images(accountId: $accountId) { nodes { id } } }', {
    accountId,
  });
  const input = { id: data.images.nodes[0].id, metadata: { altText: 'A blue bicycle' } };
  await server.query('mutation ($input: UpdateImageInput!) { updateImage(input: $input) { __typename } }', { input });
  await expect
    .poll(() => detail.getByRole('textbox', { name: 'Alternative text' }).inputValue())
    .toBe('A blue bicycle');
  expect(reads).toBe(2);
});
