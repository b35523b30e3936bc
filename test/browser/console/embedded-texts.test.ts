import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jpegWith, xmpPacket } from '../../fixtures/embedded-texts.js';
import { newPhoto } from '../../support/sample-images.js';
import { accountId, type TestServer } from '../../support/test-server.js';
import { launchChromium } from '../launch-chromium.js';
import { fileOf, openConsole } from './open-console.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const markup = 'A red <b>boat</b>';
const taggedPhoto = async () =>
  jpegWith(await newPhoto(), { xmp: xmpPacket({ altText: { en: markup }, creators: ['Ann'] }) });

const altTextsOf = async (server: TestServer): Promise<(string | null)[]> => {
  const { data } = await server.query(
    'query ($accountId: UUID) { images(accountId: $accountId, orderBy: CREATED_ON_ASC) { nodes { metadata { altText } } } }',
    { accountId },
  );
  return data.images.nodes.map(({ metadata }: { metadata: { altText: string | null } }) => metadata.altText);
};

test('the text in a file becomes the alternative text by a button, and of all uploads by a box', async () => {
  const { server, page } = await openConsole(browser);
  const upload = async () => page.getByLabel('Files to upload').setInputFiles(fileOf('boat.jpg', await taggedPhoto()));
  await upload();
  await page.getByRole('link', { name: 'Uploaded' }).click();
  const detail = page.getByRole('dialog');
  await detail.getByText('Creator in the file').waitFor();
  await detail.getByText('Ann', { exact: true }).waitFor();
  expect(await altTextsOf(server)).toEqual([null]);
  await detail.getByRole('button', { name: 'Use as alternative text' }).click();
  expect(await detail.getByRole('textbox', { name: 'Alternative text' }).inputValue()).toBe(markup);
  await detail.getByRole('button', { name: 'Save the alternative text' }).click();
  await expect.poll(() => altTextsOf(server)).toEqual([markup]);
  // there is nothing left to use
  await expect.poll(() => detail.getByRole('button', { name: 'Use as alternative text' }).count()).toBe(0);
  await detail.getByRole('button', { name: 'Close' }).click();

  await page.getByLabel('Use alternative texts from the files').check();
  await upload();
  await expect.poll(() => altTextsOf(server)).toEqual([markup, markup]);
});
