import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertRows } from '../../support/insert-rows.js';
import { launchChromium } from '../launch-chromium.js';
import { openConsole } from './open-console.js';

const count = 10_000;
/** Of processor time. Longer tasks are felt while scrolling. */
const maxTaskMs = 100;
/** What a window of 900 pixels shows, and some spare rows. */
const maxRenderedImages = 120;

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** In microseconds of the thread's own processor time: what other programs take does not count. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** The processor time of each task on the main thread of the page, in milliseconds. */
const tasksIn = (trace: Buffer): number[] => {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const threads = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}:${tid}`),
  );
  return traceEvents
    .filter(({ name, pid, tid, tdur }) => /RunTask$/.test(name) && tdur !== undefined && threads.has(`${pid}:${tid}`))
    .map(({ tdur = 0 }) => tdur / 1_000);
};

/** Scrolls to the end, again and again, until the whole list is there. */
const scrollThrough = async (page: Page, isAtEnd: () => Promise<boolean>): Promise<number> => {
  let mostRendered = 0;
  while (!(await isAtEnd())) {
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.waitForTimeout(20);
    mostRendered = Math.max(mostRendered, await page.locator('main img').count());
  }
  return mostRendered;
};

test(`${count} images are scrolled through as a grid and as a table, without a task of more than ${maxTaskMs} ms`, async () => {
  const { server, page } = await openConsole(browser, {
    context: { viewport: { width: 1440, height: 900 } },
    hash: '#/api',
    // the rows have no bytes, so no thumbnail is there
    expectsFaults: true,
  });
  insertRows(join(server.dataFolder, 'state.db'), count);
  await page.route('**/images/*', (route) => route.fulfill({ status: 204 }));
  await page.getByRole('link', { name: 'Images', exact: true }).click();
  await page
    .getByRole('status')
    .getByText(`${count.toLocaleString('en')} images`)
    .waitFor();
  // what the page needs to start is not scrolling
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  const last = page.locator('main a[href$="8000-000000000001"]');
  const inGrid = await scrollThrough(page, async () => (await last.count()) > 0);
  await page.evaluate(() => scrollTo(0, 0));
  await page.getByLabel('View').selectOption('Table');
  const inTable = await scrollThrough(page, async () => (await last.count()) > 0);
  for (const rendered of [inGrid, inTable]) {
    expect(rendered).toBeGreaterThan(5);
    expect(rendered).toBeLessThan(maxRenderedImages);
  }
  const tasks = tasksIn(await browser.stopTracing());
  expect(tasks.length).toBeGreaterThan(100);
  expect(tasks.filter((ms) => ms >= maxTaskMs)).toEqual([]);
}, 240_000);
