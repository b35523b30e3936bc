import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPhoto, photoPng, plainPng } from '../../support/sample-images.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { accountId } from '../../support/test-server.js';
import { launchChromium } from '../launch-chromium.js';
import { fileOf, openConsole } from './open-console.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const storedImages =
  'query ($accountId: UUID) { images(accountId: $accountId) { nodes { metadata { altText focalPoint { x y } } disabledOn version } } }';

test('a newcomer is led from the address to an uploaded, described and copied image by mouse, also where only trusted documents run', async () => {
  const documents = join(await useTempFolder(), 'documents.json');
  await writeFile(documents, JSON.stringify({ storedImages }));
  const { server, page } = await openConsole(browser, {
    variables: { TRUSTED_DOCUMENTS: documents },
    context: { permissions: ['clipboard-read', 'clipboard-write'] },
  });
  await page.goto(server.url);
  expect(new URL(page.url()).pathname).toBe('/console');
  await page.getByText('This account has no images yet').waitFor();

  await page.getByLabel('Files to upload').setInputFiles(fileOf('bicycle.png', await photoPng()));
  await page.getByRole('link', { name: 'Uploaded' }).click();
  const detail = page.getByRole('dialog');
  await detail.getByRole('radio', { name: /says what the image shows/ }).check();
  await detail.getByRole('textbox', { name: 'Alternative text' }).fill('A red bicycle');
  await detail.getByRole('button', { name: 'Save the alternative text' }).click();
  await detail.getByText('Saved.').waitFor();

  const photo = detail.locator('.focal-point-form-image');
  const box = await photo.boundingBox();
  if (!box) throw new Error('The image has no place.');
  await photo.click({ position: { x: box.width * 0.25, y: box.height * 0.75 } });
  await detail.getByRole('button', { name: 'Save the focal point' }).click();
  await expect
    .poll(async () => (await server.query(storedImages, { accountId })).data.images.nodes)
    .toEqual([
      {
        metadata: {
          altText: 'A red bicycle',
          focalPoint: { x: expect.closeTo(0.25, 1), y: expect.closeTo(0.75, 1) },
        },
        disabledOn: null,
        version: 2,
      },
    ]);

  await detail.getByRole('button', { name: 'Copy URL' }).click();
  const url = await page.evaluate(() => navigator.clipboard.readText());
  expect((await fetch(url)).headers.get('content-type')).toMatch(/^image\//);
  await detail.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('link', { name: 'A red bicycle' }).waitFor();
});

test('the same by keyboard alone', async () => {
  const { server, page } = await openConsole(browser);
  await page.getByText('This account has no images yet').waitFor();
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Upload images' }).focus();
  await page.keyboard.press('Enter');
  await (await choosing).setFiles(fileOf('bicycle.png', await newPhoto()));
  await page.getByRole('link', { name: 'Uploaded' }).waitFor();

  const tabTo = async (name: RegExp): Promise<void> => {
    for (let presses = 0; presses < 40; presses += 1) {
      const focused = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement | null;
        if (element === document.body) return '';
        return (
          element?.closest('label')?.textContent ||
          element?.getAttribute('aria-label') ||
          element?.innerText ||
          element?.querySelector('img')?.alt ||
          ''
        );
      });
      if (name.test(focused)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach ${name}.`);
  };
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.locator('body').click({ position: { x: 2, y: 2 } });
  await tabTo(/^bicycle\.png$/);
  await page.keyboard.press('Enter');
  await page.getByRole('radio', { name: /^Not written yet/, checked: true }).waitFor();
  await tabTo(/^Not written yet/);
  for (const choice of [/^Decorative/, /^A text that says/]) {
    await page.keyboard.press('ArrowUp');
    await page.getByRole('radio', { name: choice, checked: true }).waitFor();
  }
  await tabTo(/^Alternative text$/);
  await page.keyboard.type('A red bicycle');
  await tabTo(/Save the alternative text/);
  await page.keyboard.press('Enter');
  await page.getByText('Saved.').waitFor();
  await tabTo(/From the left/);
  for (let presses = 0; presses < 10; presses += 1) await page.keyboard.press('ArrowLeft');
  await tabTo(/Save the focal point/);
  await page.keyboard.press('Enter');
  await expect
    .poll(async () => (await server.query(storedImages, { accountId })).data.images.nodes[0].metadata)
    .toEqual({ altText: 'A red bicycle', focalPoint: { x: 0.4, y: 0.5 } });
  await page.keyboard.press('Escape');
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  // the focus is where it was before the dialog
  await expect.poll(() => page.evaluate(() => document.activeElement?.querySelector('img')?.alt)).toBe('A red bicycle');
});

test('several images are marked as decorative, disabled and deleted at once, and deleting asks first', async () => {
  const { server, page } = await openConsole(browser);
  const files = await Promise.all([1, 2, 3].map((shade) => plainPng({ width: 40, height: 30 }, [shade * 60, 0, 0])));
  await page.getByLabel('Files to upload').setInputFiles(files.map((bytes, index) => fileOf(`${index}.png`, bytes)));
  await expect.poll(() => page.getByRole('listitem').filter({ hasText: 'No alternative text' }).count()).toBe(3);
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  const boxes = page.getByRole('checkbox', { name: /^Select/ });
  await boxes.first().click();
  await boxes.nth(2).click({ modifiers: ['Shift'] });
  await page.getByText('3 selected').waitFor();
  await page.getByRole('button', { name: 'Mark as decorative' }).click();
  await page.getByText('3 of 3 marked as decorative.').first().waitFor();
  await boxes.first().click();
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await page.getByText('1 of 1 disabled.').first().waitFor();
  await boxes.first().click();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('button', { name: 'Delete permanently' }).click();
  await expect
    .poll(async () => (await server.query(storedImages, { accountId })).data.images.nodes)
    .toEqual(
      [1, 2].map(() => expect.objectContaining({ metadata: { altText: '', focalPoint: null }, disabledOn: null })),
    );
});

test('a problem with one of several images does not keep the others from changing, in few requests', async () => {
  const { server, page } = await openConsole(browser);
  const files = await Promise.all(
    Array.from({ length: 25 }, (_, index) => plainPng({ width: 40, height: 30 + index }, [0, 90, 0])),
  );
  await page.getByLabel('Files to upload').setInputFiles(files.map((bytes, index) => fileOf(`${index}.png`, bytes)));
  await page.getByText('25 of 25 files', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page
    .getByRole('checkbox', { name: /^Select/ })
    .first()
    .click();
  await page.getByRole('button', { name: /Select all/ }).click();
  const sent: string[] = [];
  // one of them is deleted elsewhere while the request is on its way
  await page.route('**/graphql', async (route) => {
    const body = route.request().postData() ?? '';
    if (body.includes('mutation')) {
      sent.push(body);
      if (sent.length === 1) {
        const [{ id }] = JSON.parse(body).variables.input.images;
        const deletion = 'mutation ($input: ImageIdInput!) { deleteImage(input: $input) { __typename } }';
        await server.query(deletion, { input: { id } });
      }
    }
    await route.continue();
  });
  await page.getByRole('button', { name: 'Mark as decorative' }).click();
  await page
    .getByText(/24 of 25 marked as decorative\. No image has the id/)
    .first()
    .waitFor();
  expect(sent).toHaveLength(2);
  const { data } = await server.query(storedImages, { accountId });
  expect(data.images.nodes.map(({ metadata }: { metadata: { altText: string } }) => metadata.altText)).toEqual(
    Array.from({ length: 20 }, () => ''),
  );
});
