import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPhoto } from '../../support/sample-images.js';
import { accountId } from '../../support/test-server.js';
import { launchChromium } from '../launch-chromium.js';
import { openConsole } from './open-console.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const upload = 'mutation ($input: UploadImageInput!) { uploadImage(input: $input) { __typename } }';

test('what is opened or chosen before a typed text is searched for stays', async () => {
  const { server, page } = await openConsole(browser);
  const input = { accountId, file: null, metadata: { altText: 'A red bicycle' } };
  await server.upload(upload, { input }, { 'input.file': await newPhoto() });
  const link = page.getByRole('link', { name: 'A red bicycle' });
  await link.waitFor();
  await page.clock.install();
  await page.getByLabel('Search the alternative texts').fill('bicycle');
  await page.getByLabel('State').selectOption('enabled');
  await link.click();
  await page.getByRole('dialog').waitFor();
  await page.clock.runFor(1_000);
  await expect.poll(() => page.url()).toContain('text=bicycle');
  expect(page.url()).toContain('state=enabled');
  expect(await page.getByRole('dialog').isVisible()).toBe(true);
});

test.each([768, 1_280, 1_440])(
  'in a window of %i pixels, order, view and number of images share a row',
  async (width) => {
    const { page } = await openConsole(browser, { context: { viewport: { width, height: 800 } } });
    const places = [page.getByLabel('Order'), page.getByLabel('View'), page.getByText('0 images')];
    await places[2]?.waitFor();
    const bottoms = await Promise.all(
      places.map((place) => place.evaluate((element) => Math.round(element.getBoundingClientRect().bottom))),
    );
    expect(Math.max(...bottoms) - Math.min(...bottoms)).toBeLessThan(12);
  },
);
