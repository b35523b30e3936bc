import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { EventStreams } from '../../src/graphql/streams/event-streams.js';
import { holdOpen } from '../support/event-stream.js';
import { runCreate } from '../support/run-keys.js';
import { accountId, startTestServer } from '../support/test-server.js';

const tokenHeader = 'x-graphql-event-stream-token';

const start = async (variables: Record<string, string> = {}) => {
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  const url = `${server.url}/graphql/stream`;
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const reserve = (headers: Record<string, string> = {}) => fetch(url, { method: 'PUT', headers });
  const open = async (token: string, headers: Record<string, string> = {}) =>
    holdOpen(
      await fetch(url, {
        headers: { accept: 'text/event-stream', [tokenHeader]: token, ...headers },
        signal: leaving.signal,
      }),
    );
  const post = (token: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [tokenHeader]: token, ...headers },
      body: JSON.stringify(body),
    });
  const key = async (account = accountId) => {
    const { id, secret } = await runCreate(server.dataFolder, account, ['images.read'], server.variables);
    return { authorization: `Bearer ${id}.${secret}` };
  };
  return { server, url, reserve, open, post, key, leave: () => leaving.abort() };
};

const operation = (operationId: unknown, query = '{ __typename }') => ({ query, extensions: { operationId } });
const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code ?? '';

/** Reads until the text is there. */
const readUntil = async (response: Response, expected: string): Promise<string> => {
  let text = '';
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (reader && !text.includes(expected)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  return text;
};

describe('a single connection', () => {
  test('belongs to the key that reserved it', async () => {
    const { reserve, open, post, key } = await start({ AUTH: 'keys' });
    const [mine, other] = [await key(), await key()];
    const token = await (await reserve(mine)).text();
    expect((await open(token, other)).status).toBe(404);
    expect((await open(token, mine)).status).toBe(200);
    for (const headers of [other, {}]) {
      expect((await post(token, operation('1'), headers as Record<string, string>)).status).toBe(404);
    }
    expect((await post(token, operation('1'), mine)).status).toBe(202);
    expect((await open(token, mine)).status).toBe(409);
  });

  test('is opened by an EventSource, which sends no key, with the token in the address, and starts nothing by it', async () => {
    const { url, reserve, post, key } = await start({ AUTH: 'keys' });
    const mine = await key();
    const token = await (await reserve(mine)).text();
    const stream = await fetch(`${url}?token=${token}`, { headers: { accept: 'text/event-stream' } });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const images = `{ images(accountId: "${accountId}") { nodes { id } } }`;
    expect((await post(token, operation('1', images), mine)).status).toBe(202);
    const text = await readUntil(stream, 'event: complete');
    expect(text).toContain('event: next\ndata: {"id":"1","payload":{"data":{"images":{"nodes":[]}}}}\n\n');
    // the token opens nothing twice
    expect((await fetch(`${url}?token=${token}`)).status).toBe(409);
    expect((await fetch(`${url}?token=${token}`, { method: 'POST', headers: mine })).status).not.toBe(202);
  });

  test('refuses a wrong key before anything', async () => {
    const { url, reserve, open } = await start({ AUTH: 'keys' });
    const wrong = { authorization: `Bearer ${'a'.repeat(16)}.${'b'.repeat(43)}` };
    expect((await reserve(wrong)).status).toBe(401);
    expect((await open('x', wrong)).status).toBe(401);
    expect((await fetch(url, { method: 'DELETE', headers: wrong })).status).toBe(401);
  });

  test.each([undefined, '', 7, 'x'.repeat(129), null])(
    'accepts no operation without an id: %j',
    async (operationId) => {
      const { reserve, open, post } = await start();
      const token = await (await reserve()).text();
      await open(token);
      const response = await post(token, operation(operationId));
      expect([response.status, await codeOf(response)]).toEqual([400, 'BAD_REQUEST']);
    },
  );

  test('says what is wrong with a token and with the order of requests', async () => {
    const { url, reserve, open, post } = await start();
    for (const token of ['', 'x', '__proto__']) expect((await open(token)).status).toBe(404);
    const token = await (await reserve()).text();
    expect(await codeOf(await post(token, operation('1')))).toBe('CONFLICT');
    await open(token);
    expect((await fetch(url, { method: 'DELETE', headers: { [tokenHeader]: token } })).status).toBe(400);
    expect(
      (await fetch(`${url}?operationId=never`, { method: 'DELETE', headers: { [tokenHeader]: token } })).status,
    ).toBe(200);
  });

  test('carries no more than its operations, and a client has no more than its streams', async () => {
    const { reserve, open, post } = await start();
    const token = await (await reserve()).text();
    await open(token);
    const query = `subscription { imageChanged(accountId: "${accountId}") { kind } }`;
    for (let index = 0; index < 100; index += 1)
      expect((await post(token, operation(`${index}`, query))).status).toBe(202);
    const oneMore = await post(token, operation('more', query));
    expect([oneMore.status, await codeOf(oneMore)]).toEqual([429, 'LIMIT_EXCEEDED']);
    expect(await codeOf(await post(token, operation('5', query)))).toBe('CONFLICT');
    for (let index = 1; index < 10; index += 1) expect((await reserve()).status).toBe(201);
    const refused = await reserve();
    expect([refused.status, await codeOf(refused)]).toEqual([429, 'LIMIT_EXCEEDED']);
  });

  test('makes room when its client leaves', async () => {
    const { reserve, open, leave } = await start();
    for (let index = 0; index < 10; index += 1) await open(await (await reserve()).text());
    expect((await reserve()).status).toBe(429);
    leave();
    await expect.poll(async () => (await reserve()).status).toBe(201);
  });

  test('is given up when nobody opens it', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const streams = new EventStreams({ eventStreamsPerClient: 1, eventStreamOperations: 1 });
    const token = streams.reserve('a');
    expect(streams.reserve('a')).toBeUndefined();
    expect(streams.reserve('b')).toBeDefined();
    vi.advanceTimersByTime(30_000);
    expect(streams.find(token)).toBeUndefined();
    expect(streams.reserve('a')).toBeDefined();
  });

  test('keeps no server from closing', async () => {
    const server = await startTestServer();
    const token = await (await fetch(`${server.url}/graphql/stream`, { method: 'PUT' })).text();
    const stream = await fetch(`${server.url}/graphql/stream`, { headers: { [tokenHeader]: token } });
    await server.close();
    expect(await stream.text()).toContain(':');
  });
});
