import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credentials } from '../../../src/domain/identity/api-key.js';
import type { scopes } from '../../../src/domain/identity/scope.js';
import { responseOn } from '../../graphql/uploads/raw-request.js';
import { basic, bearer, makeKey, withWrongSecret } from '../../support/keys.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';
import { failure, type MetalClient, type MetalResponse, openMetalClient, outcome } from './metal-client.js';
import { sign } from './sign.js';

const now = new Date('2026-06-01T12:00:00.000Z');
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
const hmacKeys = {
  METAL_HMAC_VIEW_KEY: 'view key',
  METAL_HMAC_EDIT_KEY: 'edit key',
  METAL_HMAC_ADMIN_KEY: 'admin key',
};

const operations: [scope: string, method: string, path: string, body?: object][] = [
  ['metal.view', 'GET', ''],
  ['metal.view', 'GET', '/image-1'],
  ['metal.view', 'GET', '/image-1/latest'],
  ['metal.view', 'GET', '/image-1/query'],
  ['metal.view', 'POST', '/find', {}],
  ['metal.admin', 'PUT', '', { id: 'image-1', url: 'u' }],
  ['metal.admin', 'POST', '', { id: 'image-1' }],
  ['metal.admin', 'DELETE', '/image-2'],
];
const viewers =
  'you are not member in one of ' +
  '[k8s_kaas-view maas-all-all-view k8s_kaas-edit maas-all-all-edit k8s_kaas-admin maas-all-all-admin]';
const admins = 'you are not member in one of [k8s_kaas-admin maas-all-all-admin]';
const refusalOf = (scope: string) => failure(403, scope === 'metal.view' ? viewers : admins);

const withKeys = async (server: TestServer) => {
  const key = (...granted: (typeof scopes)[number][]) => makeKey(server, { account: null, scopes: granted });
  return {
    none: await key('images.read', 'images.write'),
    view: await key('metal.view'),
    edit: await key('metal.edit'),
    admin: await key('metal.admin'),
    all: await key('admin'),
  };
};

describe('a server that asks for keys', () => {
  let server: TestServer;
  let metal: MetalClient;
  let keys: Record<'none' | 'view' | 'edit' | 'admin' | 'all', Credentials>;
  beforeAll(async () => {
    server = await startTestServer({ AUTH: 'keys', FAILED_AUTHENTICATIONS_MAX: '0', ...hmacKeys }, { now: () => now });
    metal = await openMetalClient(server);
    keys = await withKeys(server);
    for (const id of ['image-1', 'image-2', 'image-3']) {
      await metal.call('PUT', '', { id, url: 'u' }, bearer(keys.admin));
    }
  });
  afterAll(() => server.close());

  describe.each(operations)('for %s: %s %s', (...[scope, method, path, body]) => {
    const isAllowed = async (response: Promise<MetalResponse>) => expect((await response).status).not.toBe(403);
    const send = (headers: Record<string, string> = {}) => metal.call(method, path, body, headers);
    const signed = (type: string, key: string) => send(sign({ type, key, method, date: now }));

    test('is 403 for an anonymous caller, before the body is read', async () => {
      expect(outcome(await send())).toEqual(failure(403, 'tenant  not allowed'));
      if (body) expect(outcome(await metal.call(method, path, '{'))).toEqual(failure(403, 'tenant  not allowed'));
    });

    test('is 403, never 401, for an invalid key', async () => {
      for (const headers of [bearer(withWrongSecret(keys.admin)), { authorization: 'Metal-Other 00' }]) {
        const response = await send(headers);
        expect(outcome(response)).toEqual(failure(403, expect.any(String)));
        expect(response.headers.get('www-authenticate')).toBeNull();
      }
    });

    test('is 403 in the words of the vendor for a key or a signature without the right', async () => {
      expect(outcome(await send(bearer(keys.none)))).toEqual(refusalOf(scope));
      if (scope === 'metal.view') return;
      for (const headers of [basic(keys.view), bearer(keys.edit)]) {
        expect(outcome(await send(headers))).toEqual(refusalOf(scope));
      }
      expect(outcome(await signed('Metal-View', 'view key'))).toEqual(refusalOf(scope));
      expect(outcome(await signed('Metal-Edit', 'edit key'))).toEqual(refusalOf(scope));
    });

    test('is allowed to a key or a signature with the right, or one that includes it', async () => {
      if (scope === 'metal.view') {
        for (const headers of [bearer(keys.view), basic(keys.edit)]) await isAllowed(send(headers));
        await isAllowed(signed('Metal-View', 'view key'));
        await isAllowed(signed('Metal-Edit', 'edit key'));
      }
      for (const headers of [basic(keys.admin), bearer(keys.all)]) await isAllowed(send(headers));
      await isAllowed(signed('Metal-Admin', 'admin key'));
    });
  });

  test('reports that a request is not served only to a caller that is not refused', async () => {
    expect((await metal.call('PATCH', '', undefined, sign({ key: 'wrong', method: 'PATCH', date: now }))).status).toBe(
      403,
    );
    expect((await metal.call('PATCH', '')).status).toBe(405);
    // what cannot be served is reported before the right is checked, and the right before the body
    expect((await metal.call('PUT', '', 'x', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await metal.call('PUT', '', '{', bearer(keys.view))).status).toBe(403);
    expect((await metal.call('PUT', '', '{', bearer(keys.admin))).status).toBe(400);
  });

  test('a page of another site changes nothing', async () => {
    const response = await metal.call('PUT', '', {}, { ...bearer(keys.admin), origin: 'https://elsewhere.example' });
    expect(outcome(response)).toEqual(failure(403, expect.stringContaining('another site')));
  });

  test('a signature allows nothing but metal images', async () => {
    const headers = { ...sign({ key: 'admin key', method: 'POST', date: now }), 'content-type': 'application/json' };
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers,
      body: '{"query":"{ limits { pageMax } }"}',
    });
    expect(response.status).toBe(401);
  });
});

describe('a signature', () => {
  let server: TestServer;
  let metal: MetalClient;
  const send = async (headers: Record<string, string>, client = metal) =>
    outcome(await client.call('GET', '', undefined, headers));
  beforeAll(async () => {
    server = await startTestServer(
      { ...hmacKeys, METAL_HMAC_EDIT_LIFETIME: '0', FAILED_AUTHENTICATIONS_MAX: '0' },
      { now: () => now },
    );
    metal = await openMetalClient(server);
  });
  afterAll(() => server.close());

  const good = sign({ key: 'admin key', method: 'GET', date: now });
  const listed = [200, []];
  const wrong = failure(403, 'Wrong HMAC found');

  test.each([
    ['of now', good, listed],
    ['of half a minute ahead', sign({ key: 'admin key', method: 'GET', date: secondsAgo(-30) }), listed],
    ['without a salt', sign({ key: 'admin key', method: 'GET', date: now, salt: '' }), listed],
    ['with bytes beyond ASCII in its salt', sign({ key: 'admin key', method: 'GET', date: now, salt: 'ü' }), wrong],
    ['with another key', sign({ key: 'view key', method: 'GET', date: now }), wrong],
    ['of another type', { ...good, authorization: good.authorization.replace('Admin', 'View') }, wrong],
    ['of another method', sign({ key: 'admin key', method: 'PUT', date: now }), wrong],
    ['of another salt', { ...good, 'x-data-salt': 'x' }, wrong],
    ['of another date', { ...good, 'x-date': '2026-06-01T12:00:01Z' }, wrong],
    ['of the same date in another zone', { ...good, 'x-date': '2026-06-01T14:00:00.9+02:00' }, listed],
    [
      'in capitals',
      { ...good, authorization: `Metal-Admin ${(good.authorization.split(' ')[1] ?? '').toUpperCase()}` },
      wrong,
    ],
    ['that is cut short', { ...good, authorization: good.authorization.slice(0, -1) }, wrong],
  ])('%s', async (_case, headers, expected) => {
    expect(await send(headers)).toEqual(expected);
  });

  test.each([
    ['Metal-View', 'view key', 30],
    ['Metal-Admin', 'admin key', 90],
  ])('of %s is good for as long as its type says', async (type, key, seconds) => {
    expect(await send(sign({ type, key, method: 'GET', date: secondsAgo(seconds) }))).toEqual(listed);
    const headers = sign({ type, key, method: 'GET', date: secondsAgo(seconds + 1) });
    expect(await send(headers)).toEqual(
      failure(
        403,
        `the timestamp in your header is too old: "${headers['x-date']}", please check if you have time synchronization activated`,
      ),
    );
  });

  test.each([
    ['Metal-Admin', 'admin key', 'more than half a minute ahead', secondsAgo(-31)],
    ['Metal-Edit', 'edit key', 'of 2099, with a lifetime of 0', new Date('2099-01-01T00:00:00Z')],
  ])('of %s by %s that is dated %s is 403: it would be a password for life', async (type, key, _when, date) => {
    const headers = sign({ type, key, method: 'GET', date });
    expect(await send(headers)).toEqual(
      failure(
        403,
        `the timestamp in your header is more than 30 seconds in the future: "${headers['x-date']}", please check if you have time synchronization activated`,
      ),
    );
  });

  test('with a header that is sent twice is not valid, whichever of the two is right', async () => {
    const ask = async (lines: string[]) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      const head = ['GET /metal/v1/image HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close', ...lines];
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
      return (await responseOn(socket)).split('\r\n', 1)[0];
    };
    const lines = Object.entries(good).map(([name, value]) => `${name}: ${value}`);
    expect(await ask(lines)).toBe('HTTP/1.1 200 OK');
    expect(await ask([...lines, `x-date: ${good['x-date']}`])).toBe('HTTP/1.1 403 Forbidden');
    expect(await ask([...lines, `x-data-salt: ${good['x-data-salt']}`])).toBe('HTTP/1.1 403 Forbidden');
    // Node keeps the first Authorization alone: a second one neither helps nor harms
    expect(await ask([...lines, 'authorization: Metal-Admin 00'])).toBe('HTTP/1.1 200 OK');
    expect(await ask(['authorization: Metal-Admin 00', ...lines])).toBe('HTTP/1.1 403 Forbidden');
  });

  test('of a type whose lifetime is 0 is good for ever', async () => {
    const date = secondsAgo(1_000_000_000);
    expect(await send(sign({ type: 'Metal-Edit', key: 'edit key', method: 'GET', date }))).toEqual(listed);
  });

  test.each([
    'yesterday',
    '2026-06-01T12:00:00',
    'Mon, 01 Jun 2026 12:00:00 GMT',
    'Mon, 01 Jun',
    '2026-06-01 12:00',
    '2026-06-01 12:00:00Z',
    '2026-06-01',
    '2026-06-01T12:00Z',
    '2026-06-01T12:00:00z',
    '2026-06-01t12:00:00Z',
    '2026-06-01T12:00:60Z',
    '2026-06-01T11:59:60Z',
    '2026-06-01T12:00:00.Z',
    '2026-06-01T12:00:00,5Z',
    '2026-06-01T24:00:00Z',
    '2026-06-31T12:00:00Z',
    '2026-06-01T12:00:00+0000',
    '2026-06-01T12:00:00+00',
    '2026-06-02T12:00:00+24:00',
    '2026-06-01T13:00:00+00:60',
    '2026-06-01T12:00:00Z, 2026-06-01T12:00:00Z',
    '2026-06-01T12:00:00Z UTC',
    '+002026-06-01T12:00:00Z',
    '1780315200',
    '1780315200000',
  ])('of the date %j is 403', async (date) => {
    expect(await send({ ...good, 'x-date': date })).toEqual(
      failure(
        403,
        expect.stringContaining(`unknown timestamp "${date}" in "X-Date" header, use RFC3339: parsing time`),
      ),
    );
  });

  test.each([
    'Metal-Other 00',
    'metal-admin 00',
    'Metal-Admin',
    'Metal-Admin  00',
    'Metal-Admin 00 00',
    'Metal-Admin\t00',
    'Bearer x',
  ])('that %j is none, so that an open server lets it pass', async (authorization) =>
    expect(await send({ ...good, authorization })).toEqual(listed),
  );

  test('is not looked at where its type has no key', async () => {
    const other = await startTestServer({ METAL_HMAC_VIEW_KEY: 'view key' }, { now: () => now });
    const client = await openMetalClient(other);
    expect(await send(sign({ key: 'x', method: 'GET', date: now }), client)).toEqual(listed);
    expect(await send(sign({ type: 'Metal-View', key: 'x', method: 'GET', date: now }), client)).toEqual(wrong);
    await other.close();
  });

  test('on an open server allows what its type allows', async () => {
    const viewer = sign({ type: 'Metal-View', key: 'view key', method: 'DELETE', date: now });
    expect(outcome(await metal.call('DELETE', '/x', undefined, viewer))).toEqual(failure(403, admins));
    expect((await metal.call('DELETE', '/x')).status).toBe(404);
  });
});
