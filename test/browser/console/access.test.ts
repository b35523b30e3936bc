import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, makeKey, revoke } from '../../support/keys.js';
import { newPhoto } from '../../support/sample-images.js';
import { accountId } from '../../support/test-server.js';
import { launchChromium } from '../launch-chromium.js';
import { openConsole } from './open-console.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const openWithKeys = () => openConsole(browser, { variables: { AUTH: 'keys' }, expectsFaults: true });

test('a key is typed in once for the tab, is never in a URL, and is gone when the user signs out', async () => {
  const { server, page, requestedUrls } = await openWithKeys();
  const { id, secret } = await makeKey(server, { account: accountId, scopes: ['images.read', 'images.write'] });
  await page.getByLabel('Key (id.secret)').fill(`${id}.${secret}`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This account has no images yet').waitFor();
  await page.reload();
  await page.getByText('This account has no images yet').waitFor();
  expect([...requestedUrls, page.url()].join()).not.toContain(secret);
  expect(await page.evaluate(() => JSON.stringify(localStorage) + document.cookie)).not.toContain(secret);
  const newTab = await page.context().newPage();
  await newTab.goto(page.url());
  await newTab.getByLabel('Key (id.secret)').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Key (id.secret)').waitFor();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

test('what a key may not do is not offered', async () => {
  const { server, page } = await openWithKeys();
  const writer = await makeKey(server, { account: accountId, scopes: ['images.write'] });
  await server.upload(
    'mutation ($input: UploadImageInput!) { uploadImage(input: $input) { __typename } }',
    { input: { file: null, metadata: { altText: 'A red bicycle' } } },
    { 'input.file': await newPhoto() },
    bearer(writer),
  );
  const reader = await makeKey(server, { account: accountId, scopes: ['images.read'] });
  await page.getByLabel('Key (id.secret)').fill(`${reader.id}.${reader.secret}`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'A red bicycle' }).click();
  await page.getByRole('button', { name: 'Copy <img>' }).waitFor();
  for (const name of [/Upload/, /Save/, /Replace/, /Delete/, /Disable/]) {
    expect(await page.getByRole('button', { name }).count(), String(name)).toBe(0);
  }
  expect(await page.getByRole('link', { name: 'Metal images' }).count()).toBe(0);
  expect(await page.getByRole('textbox', { name: 'Alternative text' }).isDisabled()).toBe(true);
});

test('a key that is wrong, or revoked meanwhile, asks for another one and says why', async () => {
  const { server, page } = await openWithKeys();
  const { id, secret } = await makeKey(server, { account: accountId, scopes: ['images.read'] });
  const signIn = async (key: string): Promise<void> => {
    await page.getByLabel('Key (id.secret)').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  await signIn(`${id}.wrong`);
  await page.getByText('The server does not know this key, or it was revoked.').waitFor();
  await signIn(`${id}.${secret}`);
  await page.getByText('This account has no images yet').waitFor();
  await revoke(server, id);
  await expect
    .poll(async () => (await server.query('{ viewer { kind } }', {}, bearer({ id, secret }))).status, {
      timeout: 10_000,
    })
    .toBe(401);
  await page.getByLabel('Order').selectOption('Oldest first');
  await page.getByText('The key is no longer valid.').waitFor();
});
