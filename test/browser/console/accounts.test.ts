import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, makeKey } from '../../support/keys.js';
import { newPhoto } from '../../support/sample-images.js';
import type { TestServer } from '../../support/test-server.js';
import { launchChromium } from '../launch-chromium.js';
import { openConsole } from './open-console.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const upload = async (server: TestServer, accountId: string, name: string, headers: Record<string, string> = {}) => {
  const { data } = await server.upload(
    'mutation ($input: UploadImageInput!) { uploadImage(input: $input) { __typename } }',
    { input: { accountId, file: null } },
    { 'input.file': new File([new Uint8Array(await newPhoto())], name) },
    headers,
  );
  expect(data.uploadImage.__typename).toBe('UploadImagePayload');
};

test('accounts are picked from those that have images, with how many; any other is typed in', async () => {
  const { server, page } = await openConsole(browser);
  const [first = '', second = ''] = [randomUUID(), randomUUID()].sort();
  await upload(server, first, 'alone.jpg');
  await upload(server, second, 'one.jpg');
  await upload(server, second, 'two.jpg');
  // as a new visitor, who has seen no account yet
  await page.evaluate(() => localStorage.clear());
  await page.goto('about:blank');
  await page.goto(`${server.url}/console`);
  await page.getByRole('link', { name: 'alone.jpg' }).waitFor();
  const picker = page.getByLabel('Account');
  await expect
    .poll(() => picker.locator('option').allTextContents())
    .toEqual([
      expect.stringMatching(new RegExp(`^${first} · 1 image, \\d+\\sbytes$`)),
      expect.stringMatching(new RegExp(`^${second} · 2 images, \\d+\\sbytes$`)),
      'Another account…',
    ]);
  await picker.selectOption(second);
  await page.getByRole('link', { name: 'two.jpg' }).waitFor();
  await expect.poll(() => page.locator('.image-tile').count()).toBe(2);

  const other = randomUUID();
  await picker.selectOption('Another account…');
  await picker.selectOption(second);
  await expect.poll(() => page.getByLabel('Its id, a UUID').count()).toBe(0);
  await picker.selectOption('Another account…');
  await page.getByLabel('Its id, a UUID').fill(other.toUpperCase());
  const isWhole = (field: HTMLElement) => field.scrollWidth <= field.clientWidth;
  expect(await page.getByLabel('Its id, a UUID').evaluate(isWhole)).toBe(true);
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.getByText('This account has no images yet').waitFor();
  expect(await picker.inputValue()).toBe(other);
  expect(page.url()).toContain(other);
});

test('the key of one account has no choice, and learns of no other account', async () => {
  const { server, page } = await openConsole(browser, { variables: { AUTH: 'keys' } });
  const [mine, theirs] = [randomUUID(), randomUUID()];
  const writer = await makeKey(server, { account: null, scopes: ['images.write'] });
  for (const accountId of [mine, theirs]) await upload(server, accountId, `of ${accountId}.jpg`, bearer(writer));
  const { id, secret } = await makeKey(server, { account: mine, scopes: ['images.read'] });
  await page.getByLabel('Key (id.secret)').fill(`${id}.${secret}`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: `of ${mine}.jpg` }).waitFor();
  expect(await page.getByRole('combobox', { name: 'Account' }).count()).toBe(0);
  expect(await page.content()).toContain(mine);
  expect(await page.content()).not.toContain(theirs);
});
