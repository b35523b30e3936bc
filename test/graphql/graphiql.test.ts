import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createGraphiqlPage, wantsGraphiql } from '../../src/graphql/graphiql.js';

const page = createGraphiqlPage({ endpoint: '/graphql', defaultQuery: () => '{ __typename }' });
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8';

describe('GraphiQL is for', () => {
  it.each([
    ['GET', browser, true],
    ['GET', 'text/html', true],
    ['GET', 'text/*', true],
    ['GET', 'application/json, text/html;q=0.9', false],
    ['GET', 'text/html;q=0, */*', false],
    ['GET', '*/*', false],
    ['GET', undefined, false],
    ['GET', 'image/png', false],
    ['POST', browser, false],
  ])('%s with Accept %s: %s', (method, accept, wanted) => expect(wantsGraphiql(method, { accept })).toBe(wanted));
});

describe('the page', () => {
  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0.5, gzip', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, *', 'gzip'],
    ['identity', undefined],
    [undefined, undefined],
    ['deflate', undefined],
  ])('is sent to one who accepts %s as %s', async (accept, encoding) => {
    const { status, headers, body } = await page({ headers: { 'accept-encoding': accept } });
    expect(status).toBe(200);
    expect(headers['Content-Encoding']).toBe(encoding);
    const bytes = body ?? Buffer.alloc(0);
    const html = encoding === 'br' ? brotliDecompressSync(bytes) : encoding === 'gzip' ? gunzipSync(bytes) : bytes;
    expect(html.toString()).toContain('<title>image-facade</title>');
    expect(html.toString()).toContain('"endpoint":"/graphql"');
  });

  it('is not sent again to one who has it', async () => {
    const headers = { 'accept-encoding': 'br' };
    const etag = (await page({ headers })).headers['ETag'];
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      expect(await page({ headers: { ...headers, 'if-none-match': known } })).toEqual({
        status: 304,
        headers: { ETag: etag, 'Cache-Control': 'no-cache', Vary: 'Accept, Accept-Encoding' },
      });
    }
    expect((await page({ headers: { ...headers, 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('has a tag of its own for each encoding', async () => {
    const tags = ['br', 'gzip', 'identity'].map(async (accept) => {
      const { headers } = await page({ headers: { 'accept-encoding': accept } });
      return headers['ETag'];
    });
    expect(new Set(await Promise.all(tags)).size).toBe(3);
  });

  it('runs no script but its own and cannot be framed', async () => {
    const { headers } = await page({ headers: {} });
    expect(headers['Content-Security-Policy']).toMatch(/script-src 'sha256-\S+' 'sha256-\S+';/);
    expect(headers).toMatchObject({ 'X-Frame-Options': 'DENY', 'X-Content-Type-Options': 'nosniff' });
  });
});
