import { describe, expect, onTestFinished, test } from 'vitest';
import { startTestServer } from '../support/test-server.js';

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8';

const start = async (variables: Record<string, string> = {}) => {
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  return server;
};

/** The addresses that a page links to or loads. */
const addressesOf = (html: string, base: string): string[] =>
  Array.from(html.matchAll(/(?:href|src)="([^"]+)"/g), ([, address]) => new URL(address ?? '', `${base}/`).href);

describe('/', () => {
  test.each([
    [browser, 'text/html; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    ['image/png', 'application/json; charset=utf-8'],
  ])('is for Accept %s: %s', async (accept, type) => {
    const { url } = await start({ CONSOLE: 'off' });
    const response = await fetch(`${url}/`, { headers: { accept } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('vary')).toMatch(/^Accept\b/);
  });

  test.each([{}, { AUTH: 'keys' }, { GRAPHIQL: 'off' }, { INTROSPECTION: 'off' }])(
    'leads nowhere that is not served: %j',
    async (variables) => {
      const { url } = await start({ CONSOLE: 'off', ...(variables as Record<string, string>) });
      const html = await (await fetch(`${url}/`, { headers: { accept: browser } })).text();
      const addresses = addressesOf(html, url);
      expect(addresses.length).toBeGreaterThan(4);
      for (const address of addresses) {
        expect(address.startsWith(`${url}/`)).toBe(true);
        expect((await fetch(address, { headers: { accept: browser } })).status).toBe(200);
      }
    },
  );

  test('leads a browser to the console, below the path that a proxy may have put in front, and no other client', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/`, { headers: { accept: browser }, redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'console']);
    expect(response.headers.get('vary')).toMatch(/^Accept\b/);
    const { entryPoints } = (await (await fetch(`${url}/`)).json()) as { entryPoints: { url: string }[] };
    for (const entry of entryPoints.filter((point) => !point.url.includes('{'))) {
      expect((await fetch(entry.url, { headers: { accept: browser } })).status).toBe(200);
    }
  });

  test('runs no script, loads nothing from elsewhere and cannot be framed', async () => {
    const { url } = await start({ CONSOLE: 'off' });
    const response = await fetch(`${url}/`, { headers: { accept: browser } });
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src|unsafe/);
  });

  test('lists the entry points with whole URLs', async () => {
    const { url } = await start();
    const { entryPoints } = (await (await fetch(`${url}/`)).json()) as { entryPoints: { url: string }[] };
    expect(entryPoints.map((entry) => entry.url)).toContain(`${url}/graphql`);
  });
});

test.each(['/favicon.ico', '/favicon.svg'])('%s is a small image that may be cached', async (path) => {
  const { url } = await start({ AUTH: 'keys' });
  const response = await fetch(url + path);
  expect(response.headers.get('content-type')).toBe('image/svg+xml');
  expect(response.headers.get('cache-control')).toContain('max-age');
  expect((await response.text()).length).toBeLessThan(500);
});
