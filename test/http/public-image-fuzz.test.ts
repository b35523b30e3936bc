import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parameters } from '../../src/domain/delivery/transform/transform.js';
import { uploadImage } from '../support/image-operations.js';
import { alphaPng } from '../support/sample-images.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let path: string;
beforeAll(async () => {
  server = await startTestServer();
  const { link } = await uploadImage(server, await alphaPng({ width: 30, height: 20 }));
  path = new URL(link).pathname;
});
afterAll(() => server.close());

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** Sends a path and headers as they are; `fetch` would put them right. */
const get = (target: string, headers: Record<string, string> = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    request({ hostname, port, path: target, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () =>
        resolve({
          status: response.statusCode,
          type: response.headers['content-type'],
          body: Buffer.concat(chunks).toString('latin1'),
        }),
      );
    })
      .once('error', reject)
      .end();
  });

/** What an HTTP client lets through as part of a path: any byte but controls and the space. */
const rawText = fc
  .array(fc.integer({ min: 0x21, max: 0xff }), { maxLength: 60 })
  .map((codes) => String.fromCharCode(...codes.filter((code) => code !== 0x7f && code !== 0x23)));
const escapedText = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => encodeURIComponent(text.toWellFormed()));
// biome-ignore format: one line for each kind
const plausible = fc.constantFrom(
  '', '0', '1', '2', '-1', '0.5', '1e3', '1x1', '0x0', '20x10', '9999x1', '16x', 'x16', '1x1x1', '0x00', '%D9%A3x%D9%A3', '%00', '%zz', '%', '+', '%2B',
  'cover', 'contain', 'inside', 'fill', 'auto', 'png', 'PNG', 'jpeg', 'jpg', 'webp', 'center', 'attention', 'entropy', '0,1', '0.5,0.5', '2,2', 'f00', '%23ff0000', 'ff00ff80', 'NaN', 'Infinity', 'null', '[]', 'true',
);
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...Object.keys(parameters), 'v') },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'SIZE', 'size[]', 'size%00', '') },
  { weight: 1, arbitrary: escapedText },
);
const pair = fc
  .tuple(
    name,
    fc.oneof(
      { weight: 4, arbitrary: plausible },
      { weight: 1, arbitrary: escapedText },
      { weight: 1, arbitrary: rawText },
    ),
  )
  .map(([key, value]) => `${key}=${value}`);
const query = fc.oneof(
  rawText,
  fc
    .tuple(fc.array(pair, { maxLength: 4 }), fc.constantFrom('&', '&&', ';'))
    .map(([pairs, separator]) => pairs.join(separator)),
);

// header values: visible characters of Latin-1, as Node sends them
const headerText = fc
  .array(fc.integer({ min: 0x20, max: 0x7e }), { maxLength: 60 })
  .map((codes) => String.fromCharCode(...codes));
const range = fc.constantFrom(
  '*/*',
  'image/*',
  'image/png',
  'image/avif',
  'text/html',
  'image/webp;q=0',
  '*/*;q=0',
  'image/png;q=2',
  ';',
  ',,',
);
const accept = fc.oneof(
  headerText,
  fc.array(range, { maxLength: 5 }).map((ranges) => ranges.join(',')),
);
const ifNoneMatch = fc.oneof(headerText, fc.constantFrom('*', '"x"', 'W/"x", *', '""', '"'));

test('a query, an Accept and an If-None-Match of any text get an image, a 304, or an error that says what is wrong', async () => {
  const statuses = new Set<number | undefined>();
  await fc.assert(
    fc.asyncProperty(query, fc.option(accept), fc.option(ifNoneMatch, { freq: 3 }), async (text, accepted, tag) => {
      const { status, type, body } = await get(`${path}?${text}`, {
        ...(accepted === null ? {} : { accept: accepted }),
        ...(tag === null ? {} : { 'if-none-match': tag }),
      });
      statuses.add(status);
      if (status === 200) expect(type).toMatch(/^image\/(jpeg|png|webp|avif)$/);
      else if (status === 304) expect(body).toBe('');
      else {
        expect([400, 406]).toContain(status);
        expect(JSON.parse(body).error.length).toBeGreaterThan(10);
      }
    }),
    { numRuns: 600 },
  );
  // the search was wide enough to meet every kind of answer
  expect([...statuses].sort()).toEqual([200, 304, 400, 406]);
});

test('a public id of any text is 404, or 400 where it is no path', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(rawText, escapedText), async (id) => {
      const { status, body } = await get(`/images/${id}`);
      expect([400, 404]).toContain(status);
      expect(JSON.parse(body)).toMatchObject({ error: expect.any(String) });
    }),
    { numRuns: 300 },
  );
});
