import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { startTestServer, type TestServer } from '../../support/test-server.js';

export interface OpenConsole {
  readonly server: TestServer;
  readonly page: Page;
  /** Every URL that the page has requested. */
  readonly requestedUrls: readonly string[];
}

/**
 * A server of its own and a page that shows its console. A test fails if the page logs an error that it does not expect, or requests
 * anything of another origin.
 */
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
  // what Chromium itself has sent or blocked: a page knows less of its requests
  const devtools = await profile.newCDPSession(page);
  devtools.on('Network.requestWillBeSent', ({ request }) => requestedUrls.push(request.url));
  devtools.on('Network.webSocketCreated', (socket) => requestedUrls.push(socket.url));
  await devtools.send('Network.enable');
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  onTestFinished(async () => {
    await profile.close();
    if (!expectsFaults) expect(faults).toEqual([]);
    const { origin } = new URL(url);
    expect(requestedUrls).toContain(`${origin}/graphql`);
    expect(
      requestedUrls.filter((requested) => /^(?:http|ws)/.test(requested) && new URL(requested).origin !== origin),
    ).toEqual([]);
  });
  await page.goto(url);
  return { page, requestedUrls };
};

/** The files that a test drops or chooses. */
export const fileOf = (name: string, buffer: Buffer, mimeType = 'image/png') => ({ name, mimeType, buffer });
