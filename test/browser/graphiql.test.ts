import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeKey } from '../support/keys.js';
import { plainPng } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';
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
const docs = () => page.getByText('One API for the images of accounts');
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

  it('shows the same single tab after a reload, and runs it', async () => {
    for (let reloads = 0; reloads < 3; reloads += 1) {
      await page.reload();
      await editor().waitFor();
      await expect.poll(() => page.locator('.graphiql-tab').allTextContents()).toEqual(['Welcome']);
      await expect.poll(() => editor().textContent()).toContain('Welcome');
    }
    await run();
    await expect.poll(result, { timeout: 20_000 }).toMatch(/"pageMax":\s*200/);
  });

  it('keeps the headers of the tab that was open', async () => {
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.locator('.graphiql-editor-tool .monaco-editor').last().click();
    await page.keyboard.type('{"X-Kept": "yes"');
    const stored = () => page.evaluate(() => localStorage.getItem('graphiql:tabState') ?? '');
    await expect.poll(stored).toContain('X-Kept');
    await page.reload();
    await editor().waitFor();
    await expect.poll(() => page.locator('.graphiql-tab').count()).toBe(1);
    expect(await stored()).toContain('X-Kept');
  });

  it('shows what is wrong with a document, and no stack trace', async () => {
    await editor().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await run();
    await expect.poll(result, { timeout: 20_000 }).toMatch(/Syntax\sError/);
    expect(await result()).not.toMatch(/stack|\bat\s/);
  });

  it('cuts no line of the welcome text off', async () => {
    await docs().waitFor();
    const scroll = () =>
      page.evaluate(() => {
        const lines = document.querySelector('.graphiql-query-editor .monaco-scrollable-element .lines-content');
        const shown = document.querySelector('.graphiql-query-editor .monaco-scrollable-element');
        return (lines?.querySelector('.view-lines')?.scrollWidth ?? 0) - (shown?.clientWidth ?? 0);
      });
    await expect.poll(scroll).toBeLessThanOrEqual(0);
  });

  it('comes back after a reload with the query that was edited', async () => {
    await editor().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('{ edited: limits { pageMax ');
    // the URL follows the editor with a delay: all that was typed must be in it
    await expect.poll(() => page.url()).toMatch(/edited.*pageMax/);
    await page.reload();
    await editor().waitFor();
    await run();
    await expect.poll(result, { timeout: 20_000 }).toContain('"edited"');
  });

  it('has the field for files below it, within the window', async () => {
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 700 });
      const edges = () =>
        page.evaluate(() => {
          const [bar, graphiql] = ['#files', '.graphiql-container'].map((selector) =>
            document.querySelector(selector)?.getBoundingClientRect(),
          );
          return [bar?.bottom, bar?.right, graphiql?.bottom === bar?.top];
        });
      await expect.poll(edges).toEqual([700, width, true]);
    }
  });

  it('sends files in the places of null, and none once they are cleared', async () => {
    const write = async (place: Locator, text: string): Promise<void> => {
      await place.click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(text);
    };
    await write(
      editor(),
      'mutation ($input: UploadImagesInput!) { uploadImages(input: $input) { ... on UploadImagePayload { image { fileName width } } ... on Error { message } } }',
    );
    await page.getByRole('button', { name: 'Variables' }).click();
    const variables = { input: { accountId, images: [{ file: null, metadata: { altText: null } }, { file: null }] } };
    await write(page.locator('.graphiql-editor-tool .monaco-editor').first(), JSON.stringify(variables));
    const photos = [
      await plainPng({ width: 21, height: 9 }, [1, 2, 3]),
      await plainPng({ width: 22, height: 9 }, [1, 2, 3]),
    ];
    await page
      .getByLabel('Files')
      .setInputFiles(photos.map((buffer, index) => ({ name: `${index}.png`, mimeType: 'image/png', buffer })));
    await run();
    await expect
      .poll(async () => (await result())?.replaceAll(/\s/g, ''), { timeout: 20_000 })
      .toContain(
        '"uploadImages":[{"image":{"fileName":"0.png","width":21}},{"image":{"fileName":"1.png","width":22}}]',
      );
    await page.getByRole('button', { name: 'Clear' }).click();
    await run();
    await expect.poll(result, { timeout: 20_000 }).toMatch(/Exactly\sone\sof/);
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

describe('GraphiQL of a server that needs a key', () => {
  it('runs its first query without one', async () => {
    const guarded = await startTestServer({ AUTH: 'keys' });
    await page.goto(`${guarded.url}/graphql`);
    await editor().waitFor();
    await run();
    await expect.poll(result, { timeout: 20_000 }).toMatch(/"pageMax":\s*200/);
    expect(await result()).not.toContain('"errors"');
    await guarded.close();
  });

  it('says where a key goes, and sends one that is there', async () => {
    const guarded = await startTestServer({ AUTH: 'keys' });
    const { id, secret } = await makeKey(guarded, { account: accountId, scopes: ['images.read'] });
    await page.goto(`${guarded.url}/graphql`);
    await editor().waitFor();
    await expect.poll(() => editor().textContent()).toMatch(/Headers\stab/);
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.locator('.graphiql-editor-tool .monaco-editor').last().click();
    // the editor closes brackets and quotes by itself
    await page.keyboard.insertText(`{ "Authorization": "Bearer ${id}.${secret}" }`);
    await run();
    await expect.poll(result, { timeout: 20_000 }).toMatch(/IMAGES_READ/);
    expect(page.url()).not.toContain(secret);
    await guarded.close();
  });
});

describe.each([
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 1280, height: 800, colorScheme: 'dark' },
  { width: 320, height: 640, colorScheme: 'light' },
] as const)('the front page of a server without console at %j', ({ width, height, colorScheme }) => {
  let withoutConsole: TestServer;
  beforeAll(async () => {
    withoutConsole = await startTestServer({ CONSOLE: 'off' });
  });
  afterAll(() => withoutConsole.close());

  it('leads to GraphiQL, fits its window, and loads nothing but its icon', async () => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    // nothing of GraphiQL, which every test opens first, may still be loading
    await page.goto('about:blank');
    requestedUrls = [];
    await page.goto(`${withoutConsole.url}/`);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(new Set(requestedUrls)).toEqual(new Set([`${withoutConsole.url}/`, `${withoutConsole.url}/favicon.svg`]));
    await page.getByRole('link', { name: /GraphiQL/ }).click();
    await editor().waitFor();
  });
});
