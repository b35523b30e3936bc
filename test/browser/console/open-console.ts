import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { startTestServer, type TestServer } from '../../support/test-server.js';

export interface OpenConsole {
  readonly server: TestServer;
  readonly page: Page;
  /** Every URL that the page asked for. */
  readonly requestedUrls: readonly string[];
}

/** A server of its own and a page that shows its console. A test fails if the page logs an error that it does not expect. */
export const openConsole = async (
  browser: Browser,
  {
    variables = {},
    context = {},
    hash = '',
    expectsFaults = false,
  }: {
    variables?: Record<string, string>;
    context?: BrowserContextOptions;
    hash?: string;
    expectsFaults?: boolean;
  } = {},
): Promise<OpenConsole> => {
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  const { page, requestedUrls } = await openPage(browser, `${server.url}/console${hash}`, { context, expectsFaults });
  return { server, page, requestedUrls };
};

/** A page in a browser profile of its own. */
export const openPage = async (
  browser: Browser,
  url: string,
  { context = {}, expectsFaults = false }: { context?: BrowserContextOptions; expectsFaults?: boolean } = {},
): Promise<{ page: Page; requestedUrls: readonly string[] }> => {
  const profile = await browser.newContext(context);
  const page = await profile.newPage();
  const requestedUrls: string[] = [];
  const faults: string[] = [];
  page.on('request', (request) => requestedUrls.push(request.url()));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  onTestFinished(async () => {
    await profile.close();
    if (!expectsFaults) expect(faults).toEqual([]);
  });
  await page.goto(url);
  return { page, requestedUrls };
};

/** The files that a test drops or chooses. */
export const fileOf = (name: string, buffer: Buffer, mimeType = 'image/png') => ({ name, mimeType, buffer });
