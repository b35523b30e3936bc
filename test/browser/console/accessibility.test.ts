import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPhoto, photoJpeg } from '../../support/sample-images.js';
import { accountId, type TestServer } from '../../support/test-server.js';
import { launchChromium } from '../launch-chromium.js';
import { fileOf, openConsole } from './open-console.js';
import { violationsIn } from './violations.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const fill = async (server: TestServer): Promise<void> => {
  const texts = [null, '', 'A red bicycle', 'صورة دراجة حمراء أمام جدار أبيض', 'long '.repeat(200)];
  for (const altText of texts) {
    await server.upload(
      'mutation ($input: UploadImageInput!) { uploadImage(input: $input) { __typename } }',
      { input: { accountId, file: null, metadata: { altText } } },
      { 'input.file': await newPhoto() },
    );
  }
};

const widths = [320, 768, 1440];
const schemes = ['light', 'dark'] as const;

describe.each(widths.flatMap((width) => schemes.map((colorScheme) => ({ width, colorScheme }))))(
  'in a window of $width pixels, $colorScheme',
  ({ width, colorScheme }) => {
    const context = { viewport: { width, height: 800 }, colorScheme };
    const isWithin = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

    test('every view keeps WCAG 2.2 AA and fits the window', async () => {
      const { server, page } = await openConsole(browser, { context });
      await page.getByText('This account has no images yet').waitFor();
      expect(await violationsIn(page), 'empty').toEqual([]);
      await fill(server);
      await page.getByRole('link', { name: 'A red bicycle' }).waitFor();
      await page
        .getByLabel('Files to upload')
        .setInputFiles([
          fileOf(
            'a name that is much longer than any place in which it may have to fit, whatever the width.jpg',
            await photoJpeg(),
          ),
          fileOf('notes.txt', Buffer.from('no image')),
        ]);
      await page.getByRole('region', { name: 'Uploads' }).getByText('2 of 2 files, 1 refused').waitFor();
      if (width < 640) await page.getByRole('button', { name: 'Unfold' }).click();
      await page
        .getByRole('checkbox', { name: /^Select/ })
        .first()
        .check();
      expect(await violationsIn(page), 'grid, uploads and selection').toEqual([]);
      expect(await isWithin(page), 'grid').toBe(true);
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      await page.getByLabel('View').selectOption('Table');
      await page.getByRole('row').nth(3).waitFor();
      expect(await violationsIn(page), 'table').toEqual([]);
      expect(await isWithin(page), 'table').toBe(true);
      await page.getByRole('link', { name: 'A red bicycle' }).click();
      await page.getByRole('button', { name: 'Copy <img>' }).waitFor();
      expect(await violationsIn(page), 'detail').toEqual([]);
      expect(
        await page.getByRole('dialog').evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth),
        'detail',
      ).toBe(true);
      await page.getByRole('button', { name: 'Delete…' }).last().click();
      expect(await violationsIn(page), 'confirmation').toEqual([]);
      await server.query(
        'mutation ($input: CreateMetalImageInput!) { createMetalImage(input: $input) { __typename } }',
        {
          input: {
            imageId: 'ubuntu-24.04.1',
            url: 'https://images.example.com/os.tar.lz4',
            name: 'Ubuntu '.repeat(20),
          },
        },
      );
      await page.goto(`${server.url}/console#/metal`);
      await page.getByRole('button', { name: 'Edit ubuntu-24.04.1' }).waitFor();
      expect(await violationsIn(page), 'metal images').toEqual([]);
      expect(await isWithin(page), 'metal images').toBe(true);
      await page.getByRole('button', { name: 'Edit ubuntu-24.04.1' }).click();
      expect(await violationsIn(page), 'form of a metal image').toEqual([]);
      await page.goto(`${server.url}/console#/api`);
      await page.getByRole('link', { name: 'Readiness' }).waitFor();
      expect(await violationsIn(page), 'API').toEqual([]);
      expect(await isWithin(page), 'API').toBe(true);
    });

    test('the form for a key keeps it too, also with an error', async () => {
      const { page } = await openConsole(browser, { context, variables: { AUTH: 'keys' } });
      await page.getByLabel('Key (id.secret)').fill('nonsense');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('A key is its id, a dot and its secret').waitFor();
      expect(await violationsIn(page)).toEqual([]);
      expect(await isWithin(page)).toBe(true);
    });
  },
);
