import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { HeldRenders } from '../support/held-renders.js';
import { uploadImage } from '../support/image-operations.js';
import { bearer, makeKey, withWrongSecret } from '../support/keys.js';
import { readMetric } from '../support/read-metrics.js';
import { newPhoto } from '../support/sample-images.js';
import { accountId, startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let keyed: TestServer;

beforeAll(async () => {
  server = await startTestServer({ MCP: 'on' });
  keyed = await startTestServer({ MCP: 'on', AUTH: 'keys', RATE_LIMIT_MAX: '10' });
});

afterAll(async () => {
  await server.close();
  await keyed.close();
});

const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const both = 'application/json, text/event-stream';
const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const initialize = (version: string) => ({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: version, capabilities: {}, clientInfo: { name: 'test', version: '1' } },
});

const post = async (
  body: unknown,
  { headers = {}, to = server }: { headers?: Record<string, string>; to?: TestServer } = {},
) => {
  const response = await fetch(`${to.url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: both, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text ? JSON.parse(text) : undefined,
  };
};

test('is off unless it is turned on', async () => {
  const off = await startTestServer();
  try {
    expect((await post(list, { to: off })).status).toBe(404);
    expect(await (await fetch(`${off.url}/`)).text()).not.toContain('/mcp');
  } finally {
    await off.close();
  }
  expect(await (await fetch(`${server.url}/`)).text()).toContain('/mcp');
});

test.each(['2025-03-26', '2025-06-18', '2025-11-25'])(
  'serves the version %s as JSON, without a session',
  async (version) => {
    const { status, headers, json } = await post(initialize(version));
    expect([status, headers.get('content-type'), headers.get('mcp-session-id')]).toEqual([
      200,
      'application/json; charset=utf-8',
      null,
    ]);
    expect(json.result).toMatchObject({
      protocolVersion: version,
      capabilities: { tools: {} },
      serverInfo: { name: 'image-facade' },
    });
    const listed = await post(list, { headers: { 'mcp-protocol-version': version } });
    expect(listed.json.result.tools).toHaveLength(6);
    expect(listed.headers.get('cache-control')).toBe('no-store');
  },
);

test('a notification is accepted without a response, and a ping has one', async () => {
  const noted = await post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  expect([noted.status, noted.text]).toEqual([202, '']);
  expect((await post({ jsonrpc: '2.0', id: 'a', method: 'ping' })).json).toEqual({
    jsonrpc: '2.0',
    id: 'a',
    result: {},
  });
});

test.each(['GET', 'DELETE', 'PUT'])('%s is refused with the methods that are served', async (method) => {
  const response = await fetch(`${server.url}/mcp`, { method, headers: { accept: 'text/event-stream' } });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
});

test.each<[string, unknown, Record<string, string>, number]>([
  ['a batch', [list, list], {}, 400],
  ['an empty batch', [], {}, 400],
  ['no JSON', '{"jsonrpc"', {}, 400],
  ['an empty body', '', {}, 400],
  ['a body that is no object', '"tools/list"', {}, 400],
  ['null', 'null', {}, 400],
  ['a poisoned prototype', '{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{"a":1}}', {}, 400],
  ['a body of another type', list, { 'content-type': 'text/plain' }, 415],
  ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ['a client that accepts no JSON', list, { accept: 'text/html' }, 406],
  ['a version that is not known', list, { 'mcp-protocol-version': '1900-01-01' }, 400],
  ['a message of 64 KiB and more', { ...list, params: { a: 'x'.repeat(64 * 1024) } }, {}, 413],
  ['a body of 10 MB', { ...list, params: { a: 'x'.repeat(10_000_000) } }, {}, 413],
])('%s is refused with a JSON-RPC error', async (_what, body, headers, status) => {
  const refused = await post(body, { headers });
  expect(refused.status).toBe(status);
  expect(refused.json).toMatchObject({
    jsonrpc: '2.0',
    error: { code: expect.any(Number), message: expect.any(String) },
  });
});

test.each(['no_such_tool', '__proto__', 'constructor', 'toString', ''])('the tool %j is unknown', async (name) => {
  const { json } = await post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });
  expect(json.error).toMatchObject({ code: -32_602 });
});

test('a method that is not known, and params that are no object, are errors of the protocol', async () => {
  expect((await post({ jsonrpc: '2.0', id: 1, method: 'resources/list' })).json.error.code).toBe(-32_601);
  for (const params of [null, 'x', [], { name: {} }, { name: 'find_images', arguments: 'x' }]) {
    const { json } = await post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    expect(json.error.code).toBeLessThan(0);
  }
});

test('arguments that nest as deep as a message has room for harm nobody', async () => {
  const depth = 32_000;
  const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"find_images","arguments":{"a":${nested}}}}`;
  const { status } = await post(body);
  expect(status).toBe(200);
  expect((await post({ jsonrpc: '2.0', id: 1, method: 'ping' })).status).toBe(200);
});

test('nobody can hold a stream open', async () => {
  const { json } = await post(
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true }, _meta: modernMeta },
    },
    { headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' } },
  );
  expect(json.error).toMatchObject({ message: expect.any(String) });
});

test.each([{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }])(
  'a page of another site is refused: %j',
  async (headers) => {
    const refused = await post(list, { headers });
    expect([refused.status, refused.json.error.message]).toEqual([403, expect.stringMatching(/another site/)]);
  },
);

test('a page of a configured origin may call it', async () => {
  const open = await startTestServer({ MCP: 'on', CORS_ORIGINS: 'https://app.example' });
  try {
    const allowed = await post(list, { to: open, headers: { origin: 'https://app.example' } });
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([200, 'https://app.example']);
    expect((await post(list, { to: open, headers: { origin: 'https://evil.example' } })).status).toBe(403);
  } finally {
    await open.close();
  }
});

test('no key and a wrong key are refused before the body is read, and a right key is counted by the rate limit', async () => {
  const key = await makeKey(keyed, { account: accountId, scopes: ['images.read'] });
  for (const headers of [{}, bearer(withWrongSecret(key)), { authorization: 'Basic x' }]) {
    const refused = await post('no json', { to: keyed, headers });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')]);
    expect(refused.json.error.message).toMatch(/key/i);
  }
  const statuses = [];
  for (let index = 0; index < 11; index += 1)
    statuses.push((await post(list, { to: keyed, headers: bearer(key) })).status);
  expect([statuses.at(0), statuses.at(-1)]).toEqual([200, 429]);
});

test('requests are counted under their route', async () => {
  await post(list);
  expect(
    await readMetric(server, 'http_request_duration_seconds_count', { route: '/mcp', status: '200' }),
  ).toBeGreaterThan(0);
});

test('a client that leaves while it waits for an image is no failure of the server', async () => {
  const renders = new HeldRenders();
  const lines: string[] = [];
  const logStream = { write: (line: string) => void lines.push(line) };
  const watched = await startTestServer({ MCP: 'on', LOG_LEVEL: 'info' }, { processor: renders.processor, logStream });
  try {
    const { imageId } = await uploadImage(watched, await newPhoto());
    const lookedAt = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'look_at_image', arguments: { id: imageId } },
    };
    const modern = { ...lookedAt, params: { ...lookedAt.params, _meta: modernMeta } };
    const headersOfModern = {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'look_at_image',
    };
    renders.hold();
    for (const [body, headers] of [
      [lookedAt, {}],
      [modern, headersOfModern],
    ] as const) {
      const leaving = new AbortController();
      const left = fetch(`${watched.url}/mcp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: both, ...headers },
        body: JSON.stringify(body),
        signal: leaving.signal,
      });
      await vi.waitFor(() => expect(renders.begun).toBe(1), { timeout: 10_000 });
      await vi.waitFor(async () => expect(await readMetric(watched, 'queue_running', { queue: 'render' })).toBe(1));
      await new Promise((resolve) => setImmediate(resolve));
      leaving.abort();
      await expect(left).rejects.toThrow();
    }
    await vi.waitFor(
      async () =>
        expect(await readMetric(watched, 'http_request_duration_seconds_count', { route: '/mcp', status: '499' })).toBe(
          2,
        ),
      { timeout: 10_000 },
    );
    expect(lines.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
  } finally {
    renders.release();
    await watched.close();
  }
});
