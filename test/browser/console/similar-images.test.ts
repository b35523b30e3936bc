import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photograph } from '../../fixtures/photographs.js';
import { launchChromium } from '../launch-chromium.js';
import { fileOf, openConsole } from './open-console.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test('an upload that looks like an image that is there links to it, and the image finds it on demand', async () => {
  const { page } = await openConsole(browser);
  const source = photograph(1);
  const upload = async (name: string, bytes: Buffer) => {
    await page.getByLabel('Files to upload').setInputFiles(fileOf(name, bytes));
    await page.getByRole('listitem').filter({ hasText: name }).getByRole('link', { name: 'Uploaded' }).waitFor();
  };
  await upload('before.png', await source.clone().png().toBuffer());
  await upload('after.jpg', await source.clone().resize({ width: 120 }).jpeg().toBuffer());
  const detail = page.getByRole('dialog');
  await page.getByRole('link', { name: 'this image' }).click();
  await detail.getByRole('heading', { name: 'before.png' }).waitFor();
  expect(await detail.getByText('1 similar image').count()).toBe(0);
  await detail.getByRole('button', { name: 'Find similar images' }).click();
  await detail.getByText('1 similar image').waitFor();
  await detail.getByRole('link', { name: 'after.jpg' }).click();
  await detail.getByRole('heading', { name: 'after.jpg' }).waitFor();
  // what was found for another image is gone
  expect(await detail.getByText('1 similar image').count()).toBe(0);
  await detail.getByRole('button', { name: 'Close' }).click();

  await upload('alone.png', await photograph(2).png().toBuffer());
  await page.getByRole('listitem').filter({ hasText: 'alone.png' }).getByRole('link', { name: 'Uploaded' }).click();
  await detail.getByRole('button', { name: 'Find similar images' }).click();
  await detail.getByText('No other image of the account looks like this one.').waitFor();
});
