import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPhoto } from '../../support/sample-images.js';
import { accountId } from '../../support/test-server.js';
import { launchChromium } from '../launch-chromium.js';
import { fileOf, openConsole, openPage } from './open-console.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test('two windows stay in step: what is uploaded, described, disabled and deleted in one is seen in the other', async () => {
  const { server, page } = await openConsole(browser);
  const { page: other } = await openPage(browser, `${server.url}/console`);
  await other.getByText('· live').waitFor();
  await page.getByLabel('Files to upload').setInputFiles(fileOf('one.png', await newPhoto()));
  await other.getByRole('listitem').filter({ hasText: 'No alternative text' }).waitFor();
  const { data } = await server.query('query ($accountId: UUID) { images(accountId: $accountId) { nodes { id } } }', {
    accountId,
  });
  const [{ id }] = data.images.nodes;
  const input = { id, metadata: { altText: 'Written elsewhere' } };
  await server.query('mutation ($input: UpdateImageInput!) { updateImage(input: $input) { __typename } }', { input });
  for (const window of [page, other]) await window.getByRole('link', { name: 'Written elsewhere' }).waitFor();
  await page.getByRole('checkbox', { name: /^Select/ }).click();
  await page.getByRole('button', { name: 'Disable', exact: true }).click();
  await other.getByRole('listitem').getByText('Disabled').waitFor();
  await server.query('mutation ($input: ImageIdInput!) { deleteImage(input: $input) { __typename } }', {
    input: { id },
  });
  for (const window of [page, other]) await window.getByText('This account has no images yet').waitFor();
});

test('an edit that somebody else overtook says so, and keeps what was typed', async () => {
  const { server, page } = await openConsole(browser);
  const { data } = await server.upload(
    'mutation ($input: UploadImageInput!) { uploadImage(input: $input) { ... on UploadImagePayload { image { id } } } }',
    { input: { accountId, file: null, metadata: { altText: 'First' } } },
    { 'input.file': await newPhoto() },
  );
  await page.getByRole('link', { name: 'First' }).click();
  const detail = page.getByRole('dialog');
  const field = detail.getByRole('textbox', { name: 'Alternative text' });
  await field.fill('Mine');
  const input = { id: data.uploadImage.image.id, metadata: { altText: 'Theirs' } };
  await server.query('mutation ($input: UpdateImageInput!) { updateImage(input: $input) { __typename } }', { input });
  await detail.getByText('Meanwhile it was changed elsewhere').waitFor();
  expect(await detail.locator('q').textContent()).toBe('Theirs');
  expect(await field.inputValue()).toBe('Mine');
});
