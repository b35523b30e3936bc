import { expect, onTestFinished, test } from 'vitest';
import { startTestServer } from '../support/test-server.js';

/** A third of a second on a connection of 1.5 Mbit/s. */
const maxCompressedBytes = 60_000;

const start = async (variables: Record<string, string> = {}) => {
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  return server;
};

const assetsOf = (html: string): string[] =>
  Array.from(html.matchAll(/(?:href|src)="(console\/[^"]+)"/g), ([, address]) => address ?? '');

test('the console is one script and one style sheet, together at most 60 kB compressed', async () => {
  const { url } = await start();
  const page = await (await fetch(`${url}/console`)).text();
  const assets = assetsOf(page);
  expect(assets.map((asset) => asset.replace(/-[\da-f]{16}/, ''))).toEqual([
    'console/console.css',
    'console/console.js',
  ]);
  let bytes = 0;
  for (const asset of assets) {
    const response = await fetch(`${url}/${asset}`, { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    bytes += Number(response.headers.get('content-length'));
    // fetch has inflated it
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(5_000);
  }
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(maxCompressedBytes);
});

test('its files are kept for ever, under names that change with them, and the page that names them is not', async () => {
  const { url } = await start();
  const page = await fetch(`${url}/console`);
  expect(page.headers.get('cache-control')).toBe('no-cache');
  for (const asset of assetsOf(await page.text())) {
    const response = await fetch(`${url}/${asset}`, { headers: { 'accept-encoding': 'identity' } });
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('vary')).toContain('Accept-Encoding');
    const [, hash] = /-([\da-f]{16})\./.exec(asset) ?? [];
    const digest = await crypto.subtle.digest('SHA-256', await response.arrayBuffer());
    expect(Buffer.from(digest).toString('hex').slice(0, 16)).toBe(hash);
  }
});

test.each([
  ['br', 'br'],
  ['gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'br'],
  ['br;q=0, gzip', 'gzip'],
  ['identity', null],
])('its script is for Accept-Encoding %s encoded as %s', async (accepted, encoding) => {
  const { url } = await start();
  const [, script] = assetsOf(await (await fetch(`${url}/console`)).text());
  const response = await fetch(`${url}/${script}`, { headers: { 'accept-encoding': accepted } });
  expect(response.headers.get('content-encoding')).toBe(encoding);
  expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(await response.text()).toContain('subscription ImageChanges');
});

test('a page of it runs nothing but its own files, asks nobody else, and cannot be framed', async () => {
  const { url } = await start();
  const policy = (await fetch(`${url}/console`)).headers.get('content-security-policy') ?? '';
  expect(Object.fromEntries(policy.split('; ').map((rule) => rule.split(/ (.*)/, 2)))).toEqual({
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self' data: blob:",
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  });
});

test('CONSOLE=off serves nothing of it', async () => {
  const { url } = await start({ CONSOLE: 'off' });
  expect((await fetch(`${url}/console`)).status).toBe(404);
  const entries = JSON.stringify(await (await fetch(url)).json());
  expect(entries).not.toContain('onsole');
});

test('nothing else of its folder is served', async () => {
  const { url } = await start();
  for (const path of ['index.html', '%2e%2e%2fpackage.json', 'console.js', '']) {
    expect((await fetch(`${url}/console/${path}`)).status).toBe(404);
  }
});
