import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/test-server.js';
import { sign } from './sign.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ METAL_HMAC_ADMIN_KEY: 'metal-admin' });
});
afterAll(() => server.close());

/** One connection that is kept, as the clients of the vendor have. */
const openConnection = () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  return {
    ports,
    close: () => agent.destroy(),
    send: async (method: string, path: string, headers: Record<string, string>, body?: string) => {
      // Node gives the body of a DELETE no length by itself
      const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
      const options = { agent, method, headers: { ...headers, ...length } };
      const sent = request(`${server.url}/metal/v1/image${path}`, options);
      sent.end(body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      ports.add(response.socket.localPort);
      const chunks = await response.toArray();
      const type = response.headers['content-type'];
      return { status: response.statusCode, type, body: JSON.parse(Buffer.concat(chunks).toString()) };
    },
  };
};

/** What metal-python refuses to make a response of. */
const expectPythonTakes = (image: Record<string, unknown>) => {
  for (const required of ['id', 'created', 'changed', 'expirationDate'])
    expect(image[required]).toEqual(expect.any(String));
};

describe('metal-python', () => {
  const json = {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    'User-Agent': 'Swagger-Codegen/1.0.0/python',
  };

  test('creates, finds, updates, lists and deletes over one connection', async () => {
    const python = openConnection();
    const send = (method: string, path: string, body?: object) =>
      python.send(method, path, json, body && JSON.stringify(body));
    const id = 'ubuntu-19.04.20200408';
    const created = await send('PUT', '', { id, url: 'https://images.example/u', features: ['machine'] });
    expect(created.status).toBe(201);
    expectPythonTakes(created.body);
    for (const path of [`/${id}`, '/ubuntu-19.04/latest']) {
      const { status, body } = await send('GET', path);
      expect([status, body]).toEqual([200, created.body]);
    }
    const updated = await send('POST', '', { id, expirationDate: '2030-01-01T00:00:00+00:00', name: 'new' });
    expect([updated.status, updated.body.name, updated.body.expirationDate]).toEqual([
      200,
      'new',
      '2030-01-01T00:00:00Z',
    ]);
    for (const query of ['', '?show-usage=True', '?show-usage=False']) {
      expect((await send('GET', query)).body).toEqual([updated.body]);
    }
    expect((await send('GET', `/${id}/query`)).body).toEqual([updated.body]);
    // it sends a body with a DELETE
    expect(await send('DELETE', `/${id}`, {})).toMatchObject({ status: 200, body: updated.body });
    expect((await send('GET', `/${id}`)).status).toBe(404);
    expect(python.ports.size).toBe(1);
    python.close();
  });

  test('goes on over its connection after a refusal whose body nobody read', async () => {
    const python = openConnection();
    const refused = await python.send('PUT', '', { ...json, 'Content-Type': 'text/plain' }, 'x'.repeat(100_000));
    expect(refused.status).toBe(415);
    expect((await python.send('GET', '', json)).status).toBe(200);
    expect(python.ports.size).toBe(1);
    python.close();
  });
});

describe('metal-go', () => {
  const send = async (method: string, path: string, body?: object) => {
    const go = openConnection();
    const json = { Accept: 'application/json', ...(body ? { 'Content-Type': 'application/json' } : {}) };
    const signature = sign({ key: 'metal-admin', method, date: new Date() });
    const response = await go.send(method, path, { ...json, ...signature }, body && JSON.stringify(body));
    go.close();
    return response;
  };

  test('creates with what its structs make of absent fields, signed', async () => {
    const zero = { features: null, expirationDate: '0001-01-01T00:00:00.000Z' };
    const { status, body } = await send('PUT', '', { id: 'go-1.0.1', url: 'https://images.example/go', ...zero });
    expect([status, body.features, body.classification]).toEqual([201, [], 'preview']);
    expect(Date.parse(body.expirationDate)).toBe(Date.parse(body.created) + 90 * 86_400_000);
    const sent = { ...body, name: 'new', features: ['firewall'] };
    expect(await send('POST', '', sent)).toMatchObject({ status: 200, body: { name: 'new', features: ['firewall'] } });
  });

  // its generated client hands an error to the reader of text, whatever else the response says
  test('gets every error as JSON text of the type text/plain', async () => {
    const image = { id: 'erring-1', url: 'https://images.example/e', features: null };
    const { body: stale } = await send('PUT', '', image);
    await send('POST', '', { id: 'erring-1', name: 'newer' });
    const unsigned = await startTestServer({ AUTH: 'keys' });
    const refusals: [number, { status?: number | undefined; type?: string | undefined; body: unknown }][] = [
      [400, await send('PUT', '', { id: '' })],
      [400, await send('GET', '?show-usage=x')],
      [404, await send('GET', '/none-1')],
      [404, await send('GET', '/none/latest')],
      [404, await send('GET', '/a/b/c')],
      [405, await send('PATCH', '')],
      [409, await send('PUT', '', image)],
      [409, await send('POST', '', stale)],
      [413, await send('PUT', '', { ...image, name: 'x'.repeat(1024 * 1024) })],
    ];
    for (const [status, response] of refusals) {
      expect(response).toEqual({
        status,
        type: 'text/plain; charset=utf-8',
        body: { statuscode: status, message: expect.any(String) },
      });
    }
    for (const [status, init] of [
      [403, {}],
      [406, { headers: { accept: 'text/html' } }],
      [415, { method: 'PUT', body: 'x', headers: { 'content-type': 'text/plain' } }],
      [403, { method: 'PUT', headers: { origin: 'https://elsewhere.example' } }],
    ] as const) {
      const response = await fetch(`${status === 403 ? unsigned.url : server.url}/metal/v1/image`, init);
      expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/plain; charset=utf-8']);
      expect(await response.json()).toEqual({ statuscode: status, message: expect.any(String) });
    }
    await unsigned.close();
  });

  test('applies as metalctl does: creates, and updates what is there', async () => {
    const apply = async (image: object) => {
      const created = await send('PUT', '', image);
      return created.status === 409 ? send('POST', '', image) : created;
    };
    const image = { id: 'applied-1', url: 'https://images.example/a', features: null };
    expect(await apply({ ...image, name: 'a' })).toMatchObject({ status: 201, body: { name: 'a' } });
    expect(await apply({ ...image, name: 'b' })).toMatchObject({ status: 200, body: { name: 'b' } });
    expect((await send('POST', '/find?show-usage=true', { id: 'applied-1' })).body).toMatchObject([
      { name: 'b', usedby: null },
    ]);
    expect((await send('POST', '/find?show-usage=false', {})).status).toBe(200);
  });
});
