import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '../launch-chromium.js';
import { openConsole } from './open-console.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const create =
  'mutation ($input: CreateMetalImageInput!) { createMetalImage(input: $input) { __typename ... on Error { message } } }';
const url = 'https://images.example.com/os.tar.lz4';

test('versions are shown as in the ids and listed by number, with the latest that is not expired marked', async () => {
  const { server, page } = await openConsole(browser, { hash: '#/metal' });
  await page.getByText('There are no metal images yet').waitFor();
  const past = '2020-01-01T00:00:00Z';
  for (const [imageId, expirationDate] of [
    ['ubuntu-24.04.9', undefined],
    ['ubuntu-24.04.10', undefined],
    ['ubuntu-24.04.18446744073709551615', past],
    ['ubuntu-22.04.1', undefined],
    ['debian-12.0.1', undefined],
  ] as const) {
    const { data } = await server.query(create, { input: { imageId, url, expirationDate } });
    expect(data.createMetalImage.__typename).toBe('CreateMetalImagePayload');
  }
  const ubuntu = page.getByRole('region', { name: 'ubuntu' });
  await expect
    .poll(() => ubuntu.getByRole('rowheader').allTextContents())
    .toEqual(['24.04.18446744073709551615', '24.04.10 latest', '24.04.9', '22.04.1 latest']);
  await expect
    .poll(() => page.getByRole('region').evaluateAll((regions) => regions.map((region) => region.ariaLabel)))
    .toEqual(['debian', 'ubuntu']);
  const latest = await server.query('{ latestMetalImage(imageId: "ubuntu-24.04") { version } }');
  expect(latest.data.latestMetalImage.version).toBe('24.4.10');
});

test('a metal image is created and edited; an edit that somebody else overtook shows both and loses neither', async () => {
  const { server, page } = await openConsole(browser, { hash: '#/metal' });
  await page.getByRole('button', { name: 'New metal image…' }).click();
  await page.getByLabel(/^Id:/).fill('ubuntu-24.04.1');
  await page.getByLabel('URL of its bytes').fill(url);
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('button', { name: 'Edit ubuntu-24.04.1' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill('Mine');
  await form.getByLabel('Description').fill('My description');
  const input = { imageId: 'ubuntu-24.04.1', name: 'Theirs', classification: 'SUPPORTED' };
  await server.query('mutation ($input: UpdateMetalImageInput!) { updateMetalImage(input: $input) { __typename } }', {
    input,
  });
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('It was changed meanwhile').waitFor();
  const row = form.getByRole('row', { name: /^Name/ });
  expect(await row.getByRole('cell').allTextContents()).toEqual(['Mine', 'Theirs']);
  await form.getByRole('button', { name: 'Keep mine' }).click();
  await form.getByLabel('Stage').selectOption('SUPPORTED');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => form.count()).toBe(0);
  const stored = await server.query(
    '{ metalImage(by: { imageId: "ubuntu-24.04.1" }) { name description classification } }',
  );
  expect(stored.data.metalImage).toEqual({ name: 'Mine', description: 'My description', classification: 'SUPPORTED' });
});

test('in a narrow window no word of the table is broken, and a question keeps its distance from the edges', async () => {
  const { server, page } = await openConsole(browser, {
    hash: '#/metal',
    context: { viewport: { width: 390, height: 800 } },
  });
  await page.getByText('There are no metal images yet').waitFor();
  const input = { imageId: 'ubuntu-24.04.20260101', url, name: 'x'.repeat(80), classification: 'DEPRECATED' };
  await server.query(create, { input });
  await page.getByText('deprecated').waitFor();
  const lines = (element: HTMLElement) => {
    const range = document.createRange();
    range.selectNodeContents(element.firstChild ?? element);
    return range.getClientRects().length;
  };
  for (const word of [
    page.getByRole('columnheader', { name: 'Stage' }),
    page.getByText('deprecated'),
    page.getByText('nothing'),
    page.getByRole('button', { name: /^Delete/ }),
  ]) {
    expect(await word.evaluate(lines), String(word)).toBe(1);
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await page.getByRole('button', { name: /^Delete/ }).click();
  const question = await page.getByRole('dialog').boundingBox();
  expect(question?.x).toBeGreaterThanOrEqual(8);
  expect((question?.x ?? 0) + (question?.width ?? 0)).toBeLessThanOrEqual(382);
});

test('an image in use is kept and names its machines; orphans are shown before they are deleted', async () => {
  const { server, page } = await openConsole(browser, { hash: '#/metal' });
  const expirationDate = '2020-01-01T00:00:00Z';
  for (const patch of [1, 2, 3]) {
    await server.query(create, { input: { imageId: `ubuntu-24.04.${patch}`, url, expirationDate } });
  }
  const use = { machineId: 'machine-7', imageId: 'ubuntu-24.04.2' };
  await server.query('mutation ($input: MetalImageUseInput!) { setMetalImageUse(input: $input) { __typename } }', {
    input: use,
  });
  await page.reload();
  await page.getByText('1 machine').click();
  await page.getByText('machine-7').waitFor();
  await page.getByRole('button', { name: 'Delete ubuntu-24.04.2' }).click();
  await page.getByRole('button', { name: 'Delete permanently' }).click();
  await page
    .getByRole('dialog')
    .getByRole('alert')
    .filter({ hasText: /machine/ })
    .waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Find orphans…' }).click();
  await page.getByRole('dialog').getByText('ubuntu-24.04.1').waitFor();
  expect(await page.getByRole('dialog').getByRole('listitem').count()).toBe(1);
  const remaining = async () =>
    (await server.query('{ metalImages { nodes { version } } }')).data.metalImages.nodes.length;
  expect(await remaining()).toBe(3);
  await page.getByRole('button', { name: 'Delete it permanently' }).click();
  await expect.poll(remaining).toBe(2);
  await expect.poll(() => page.getByRole('rowheader').allTextContents()).toEqual(['24.04.3', '24.04.2']);
});
