// npm run screenshots: photographs the console with the samples of the demo into docs/screenshots/. Needs Chromium, as the browser tests do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'docs/screenshots');
const port = '4917';
const url = `http://127.0.0.1:${port}`;

const wide = { viewport: { width: 1280, height: 800 }, colorScheme: 'light' };
const shots = [
  { name: 'images', context: wide, hash: '' },
  { name: 'images-dark', context: { ...wide, colorScheme: 'dark' }, hash: '' },
  { name: 'table', context: wide, hash: '', view: 'Table' },
  { name: 'image', context: wide, hash: '', opens: /A low sun behind three ridges/ },
  { name: 'metal', context: wide, hash: '#/metal', waitsFor: 'demo-ubuntu' },
  { name: 'narrow', context: { viewport: { width: 390, height: 800 }, colorScheme: 'dark' }, hash: '' },
];

const take = async (browser, { name, context, hash, view, opens, waitsFor = 'Newest first' }) => {
  const page = await browser.newPage(context);
  await page.goto(`${url}/console${hash}`);
  await page.getByText(waitsFor).first().waitFor({ state: 'attached' });
  if (view) await page.getByLabel('View').selectOption(view);
  if (opens) {
    await page.getByRole('link', { name: opens }).first().click();
    await page.getByRole('button', { name: 'Copy <img>' }).waitFor();
  }
  await page.waitForFunction(
    () =>
      document.images.length > (location.hash === '#/metal' ? 0 : 1) &&
      [...document.images].every((image) => image.complete || image.getBoundingClientRect().top > innerHeight),
    undefined,
    { timeout: 120_000 },
  );
  const screenshot = await page.screenshot();
  await sharp(screenshot)
    .webp({ quality: 80, effort: 6 })
    .toFile(join(folder, `${name}.webp`));
  await page.close();
};

const data = mkdtempSync(join(tmpdir(), 'screenshots-'));
const server = spawn(process.execPath, [join(root, 'dist/server/start.cjs')], {
  cwd: data,
  env: { ...process.env, PORT: port, DATA_DIR: data },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  await once(server.stdout, 'data');
  const demo = spawn(process.execPath, [join(root, 'scripts/demo.mjs'), '--server', url], { stdio: 'inherit' });
  await once(demo, 'exit');
  mkdirSync(folder, { recursive: true });
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  for (const shot of shots) await take(browser, shot);
  await browser.close();
} finally {
  server.kill();
  await once(server, 'exit');
  rmSync(data, { recursive: true, force: true });
}
