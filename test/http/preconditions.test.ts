import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HeldRenders } from '../support/held-renders.js';
import { uploadImage } from '../support/image-operations.js';
import { photoJpeg } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
const renders = new HeldRenders();
let image: { link: string; originalUrl: string };
beforeAll(async () => {
  server = await startTestServer({}, { processor: renders.processor });
  image = await uploadImage(server, await photoJpeg({ width: 90, height: 60 }));
});
afterAll(() => server.close());

const resources = [
  ['a public image', () => `${image.link}?size=30x30`],
  ['an original', () => image.originalUrl],
] as const;

describe.each(resources)('If-Match on %s', (_name, url) => {
  const ask = async (headers: (etag: string) => Record<string, string>, method = 'GET') => {
    const etag = (await fetch(url(), { method: 'HEAD' })).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    return fetch(url(), { method, headers: headers(etag) });
  };

  test.each<[string, (etag: string) => string]>([
    ['the current tag', (etag) => etag],
    ['*', () => '*'],
    ['a list that has it', (etag) => `"other", W/"weak",${etag} , "x,y"`],
  ])('with %s is served', async (_case, value) => {
    for (const method of ['GET', 'HEAD']) {
      expect((await ask((etag) => ({ 'if-match': value(etag) }), method)).status).toBe(200);
    }
  });

  test.each<[string, (etag: string) => string]>([
    ['another tag', () => '"other"'],
    ['the weak form of the current tag, as the comparison is strong', (etag) => `W/${etag}`],
    ['a tag that has it as a part', (etag) => `"x${etag.slice(1)}`],
    ['text that is no tag', (etag) => etag.slice(1, -1)],
    ['nothing', () => ''],
    ['a list without it', () => '"a", "b", "c,d"'],
  ])('with %s is 412, even if it is in memory', async (_case, value) => {
    for (const method of ['GET', 'GET', 'HEAD']) {
      const response = await ask((etag) => ({ 'if-match': value(etag) }), method);
      expect(response.status).toBe(412);
      expect(response.headers.get('cache-control')).toBe('no-store');
      if (method === 'GET') expect(await response.json()).toEqual({ error: expect.stringContaining('If-Match') });
    }
  });

  test('goes before If-None-Match', async () => {
    const both = (match: string, noneMatch: string) => ({ 'if-match': match, 'if-none-match': noneMatch });
    expect((await ask((etag) => both('"other"', etag))).status).toBe(412);
    expect((await ask((etag) => both(etag, etag))).status).toBe(304);
    expect((await ask((etag) => both(etag, '"other"'))).status).toBe(200);
  });
});

test('a precondition that fails costs no render', async () => {
  const before = renders.begun;
  expect((await fetch(`${image.link}?size=31x31`, { headers: { 'if-match': '"x"' } })).status).toBe(412);
  expect(renders.begun).toBe(before);
});

test('what does not exist is 404 whatever is required of it', async () => {
  const response = await fetch(`${server.url}/images/${'x'.repeat(21)}`, { headers: { 'if-match': '*' } });
  expect(response.status).toBe(404);
});
