import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/test-server.js';
import { failure, type MetalClient, openMetalClient, outcome } from './metal-client.js';

let server: TestServer;
let metal: MetalClient;
beforeAll(async () => {
  server = await startTestServer();
  metal = await openMetalClient(server);
  await metal.create('image-1');
});
afterAll(() => server.close());

test.each(['/metal', ''])('everything is served under %j, with a slash at the end too', async (basePath) => {
  const client = await openMetalClient(server, basePath);
  for (const path of ['', '/', '/image-1', '/image-1/', '/image-1/latest', '/image-1/latest/', '/image-1/query/']) {
    const { status, body } = await client.call('GET', path);
    expect([status, [body].flat()[0].id]).toEqual([200, 'image-1']);
  }
  expect(await client.ids('POST', '/find/', {})).toEqual(['image-1']);
  expect((await client.call('POST', '/', { id: 'image-1' })).status).toBe(200);
  expect((await client.call('PUT', '/', { id: 'image-2', url: 'u' })).status).toBe(201);
  expect((await client.call('DELETE', '/image-2/')).status).toBe(200);
});

test.each(['/metal/', '/metal///', '/', '//'])(
  'doubled slashes are tolerated, as behind the base URL %s',
  async (base) => {
    const send = (method: string, path: string, body?: object) =>
      fetch(`${server.url}${base}${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    expect((await send('GET', '/v1/image')).status).toBe(200);
    expect((await send('GET', '/v1//image/image-1?x=//')).status).toBe(200);
    expect((await send('POST', '/v1/image//find?show-usage=true', {})).status).toBe(200);
    expect((await send('POST', '/v1/image', { id: 'image-1' })).status).toBe(200);
    const unknown = await send('GET', '/v1/images');
    expect([unknown.status, await unknown.json()]).toEqual([404, { statuscode: 404, message: '404: Page Not Found' }]);
    const disallowed = await send('PATCH', '/v1/image');
    expect([disallowed.status, disallowed.headers.get('allow')]).toEqual([405, 'GET, PUT, POST']);
  },
);

test.each([
  ['/', '', '/metal'],
  ['/a/b-c/', '/a/b-c', '/metal'],
  ['/v1', '/v1', '/metal'],
])('METAL_BASE_PATH=%s serves under %j and not under %s', async (value, basePath, notThere) => {
  const other = await startTestServer({ METAL_BASE_PATH: value });
  expect((await (await openMetalClient(other, basePath)).call('GET', '')).body).toEqual([]);
  expect((await (await openMetalClient(other, '')).call('GET', '')).body).toEqual([]);
  expect((await (await openMetalClient(other, notThere)).call('GET', '')).status).toBe(404);
  await other.close();
});

describe('what is not served is an error in the form of the vendor', () => {
  test.each(['/image-1/x', '/image-1/latest/x', '/../machine', '/../size/x', '/../../v2/image', '/../..', '/../../'])(
    '%s is 404',
    async (path) => {
      expect(outcome(await metal.call('GET', path))).toEqual(failure(404, '404: Page Not Found'));
    },
  );

  test.each([
    ['PATCH', '', 'GET, PUT, POST'],
    ['DELETE', '', 'GET, PUT, POST'],
    ['POST', '/image-1', 'GET, DELETE'],
    ['PUT', '/find', 'POST, GET, DELETE'],
    ['DELETE', '/image-1/latest', 'GET'],
    ['POST', '/image-1/query/', 'GET'],
    ['OPTIONS', '', 'GET, PUT, POST'],
  ])('%s of %j is 405 and names the methods', async (method, path, allowed) => {
    const response = await metal.call(method, path);
    expect(outcome(response)).toEqual(failure(405, '405: Method Not Allowed'));
    expect(response.headers.get('allow')).toBe(allowed);
  });

  test('HEAD is 405 too', async () => {
    expect((await fetch(`${server.url}/metal/v1/image`, { method: 'HEAD' })).status).toBe(405);
  });

  test.each([
    ['text/html', 406],
    ['application/json;q=0', 406],
    ['text/html, application/json;q=0.1', 200],
    ['application/*', 200],
    ['application/json; charset=utf-8', 200],
    ['application/json;version=1, text/html', 200],
    ['application/json;charset=utf-8;q=0', 406],
    ['text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', 200],
    ['text/html, */*;q=.5', 200],
    ['*/*', 200],
    ['', 200],
  ])('a client that accepts %j: %i', async (accept, status) => {
    const response = await metal.call('GET', '', undefined, { accept });
    expect(response.status).toBe(status);
    if (status === 406) {
      expect(response.body.message).toBe('406: Not Acceptable\n\nAvailable representations: application/json');
    }
  });
});

test('a body beyond the limit is 413 and the connection lives on', async () => {
  for (const method of ['PUT', 'POST']) {
    const response = await metal.call(method, '', `{"name":"${'x'.repeat(1024 * 1024)}"}`);
    expect(outcome(response)).toEqual(failure(413, expect.any(String)));
  }
  expect((await metal.call('GET', '/image-1')).status).toBe(200);
});

test('too many requests are 429 in the form of the vendor', async () => {
  const limited = await startTestServer({ RATE_LIMIT_MAX: '3' });
  // asks for the API document
  const client = await openMetalClient(limited);
  // a twin with a slash is counted once
  expect((await client.call('GET', '/')).headers.get('ratelimit-remaining')).toBe('1');
  await client.call('GET', '');
  const refused = await client.call('PUT', '', { id: 'x-1', url: 'u' });
  expect(outcome(refused)).toEqual(failure(429, expect.stringContaining('Too many requests')));
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await limited.close();
});

describe('no input is a fault of the server', () => {
  const texts = ['', ' ', '\0', '"', '%', '<', '../..', '🐞', '\ud800', 'a-1.2.3+b', `-${'9'.repeat(400)}`, "'; --"];
  // not checked against the API document, for there are a thousand of them
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${server.url}/metal/v1/image${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };

  test.each(texts)('as an id: %j', async (text) => {
    const id = encodeURIComponent(text.toWellFormed());
    for (const [method, path] of [
      ['GET', `/${id}`],
      ['DELETE', `/${id}`],
      ['GET', `/${id}/latest`],
      ['GET', `/${id}/query`],
    ] as const) {
      const { status, body } = await send(method, path);
      expect([200, 404], `${method} ${path}`).toContain(status);
      if (status === 404) expect(body).toEqual({ statuscode: 404, message: expect.any(String) });
    }
  });

  test.each(['id', 'name', 'description', 'url', 'os', 'version', 'classification', 'features', 'expirationDate'])(
    'as %s',
    async (field) => {
      const values = [...texts, 'x'.repeat(3_000), 5, -1e300, true, {}, [], [null], [[]], [{}]];
      for (const value of values.flatMap((one) => [one, [one]])) {
        for (const [method, path, rest] of [
          ['PUT', '', { id: 'wild-1', url: 'u' }],
          ['POST', '', { id: 'image-1' }],
          ['POST', '/find', {}],
        ] as const) {
          const { status, body } = await send(method, path, { ...rest, [field]: value });
          const message = `${method} ${path} ${JSON.stringify(value)} ${JSON.stringify(body)}`.slice(0, 500);
          expect([200, 201, 400, 404, 409], message).toContain(status);
        }
      }
    },
  );

  test('as malformed escapes, strange paths and strange queries', async () => {
    const strange = ['/%', '/%ff', '//', '///', '//latest', '/%2f', '/?', '/;a=b', `/${'x'.repeat(3_000)}`];
    for (const path of [...strange, '?show-usage[]=1&show-usage=%', '?show-usage=%ff', '?=&&=']) {
      expect((await send('GET', path)).status, path).toBeLessThan(500);
    }
  });
});
