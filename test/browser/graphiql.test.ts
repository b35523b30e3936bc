import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { launchChromium } from './launch-chromium.js';

let server: TestServer;
let browser: Browser;
let page: Page;
let requestedUrls: string[];
let faults: string[];

beforeAll(async () => {
  [server, browser] = await Promise.all([startTestServer(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

beforeEach(async () => {
  page = await browser.newPage();
  requestedUrls = [];
  faults = [];
  page.on('request', (request) => requestedUrls.push(request.url()));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(`${server.url}/graphql`);
  await editor().waitFor();
});
afterEach(async () => {
  await page.context().close();
  expect(faults).toEqual([]);
});

const editor = () => page.locator('.graphiql-query-editor .monaco-editor').first();
const docs = () => page.getByText('A GraphQL schema provides a root type');
const run = () => page.getByRole('button', { name: /execute query/i }).click();
const result = () => page.locator('.result-window').textContent();

describe('GraphiQL in a browser', () => {
  it('runs its first query with the run button', async () => {
    await run();
    await expect.poll(result, { timeout: 20_000 }).toMatch(/"pageMax":\s*200/);
  });

  it('shows the docs on the first visit and keeps them closed for one who closed them', async () => {
    await docs().waitFor();
    await page.getByRole('button', { name: /hide documentation explorer/i }).click();
    await docs().waitFor({ state: 'detached' });
    await page.reload();
    await editor().waitFor();
    expect(await docs().count()).toBe(0);
  });

  it('comes back after a reload with the query that was edited', async () => {
    await editor().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('{ edited: limits { pageMax ');
    await expect.poll(() => page.url()).toContain('edited');
    await page.reload();
    await editor().waitFor();
    await run();
    await expect.poll(result, { timeout: 20_000 }).toContain('"edited"');
  });

  it('asks no other host for anything', async () => {
    await docs().waitFor();
    await run();
    await expect.poll(result, { timeout: 20_000 }).toMatch(/"pageMax":\s*200/);
    const { host } = new URL(server.url);
    const strangers = requestedUrls.filter((url) => /^(http|ws)/.test(url) && new URL(url).host !== host);
    expect(strangers).toEqual([]);
    expect(requestedUrls).toContain(`${server.url}/graphql`);
  });
});
