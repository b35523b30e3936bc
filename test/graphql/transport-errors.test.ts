import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const json = { 'content-type': 'application/json' };
const query = JSON.stringify({ query: '{ __typename }' });
const subscription = JSON.stringify({
  query: 'subscription { imageChanged(accountId: "3a4ed2d9-03e1-4b0e-b45f-2a9ca72f8adb") { kind } }',
});

const refusals: [string, number, string, RequestInit][] = [
  [
    'an Accept that fits nothing',
    406,
    'NOT_ACCEPTABLE',
    { method: 'POST', headers: { ...json, accept: 'image/png' }, body: query },
  ],
  [
    'a subscription as JSON',
    406,
    'NOT_ACCEPTABLE',
    { method: 'POST', headers: { ...json, accept: 'application/json' }, body: subscription },
  ],
  [
    'a body of another type',
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    { method: 'POST', headers: { 'content-type': 'application/xml' }, body: '<x/>' },
  ],
  ['PUT', 405, 'METHOD_NOT_ALLOWED', { method: 'PUT', headers: json, body: query }],
  ['DELETE', 405, 'METHOD_NOT_ALLOWED', { method: 'DELETE' }],
  ['PATCH', 405, 'METHOD_NOT_ALLOWED', { method: 'PATCH', headers: json, body: query }],
];

describe('a refusal is a GraphQL error in words, never an empty body', () => {
  test.each(refusals)('%s: %i %s', async (_name, status, code, request) => {
    const response = await fetch(`${server.url}/graphql`, request);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const { errors } = (await response.json()) as { errors: { message: string; extensions: { code: string } }[] };
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions.code).toBe(code);
    // it says what is accepted
    expect(errors[0]?.message).toMatch(/application\/json|GET|POST/);
    if (status === 405) expect(response.headers.get('allow')).toBe('GET, POST, OPTIONS');
  });

  test('a mutation by GET: 405, and Allow says POST', async () => {
    const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent('mutation { __typename }')}`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String) }] });
  });

  test('a head that is too large: 431', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
    const response = await text(socket);
    expect(response).toMatch(/^HTTP\/1\.1 431 /);
    const body = JSON.parse(response.slice(response.indexOf('\r\n\r\n')));
    expect(body.errors[0]).toMatchObject({
      message: expect.stringContaining('16384'),
      extensions: { code: 'BAD_REQUEST' },
    });
    // the plain routes' form: nothing is known yet of the path
    expect(body.error).toBe(body.errors[0].message);
  });
});

test('what a GET returns is kept by no cache', async () => {
  for (const accept of ['application/json', 'application/graphql-response+json', '*/*']) {
    const response = await fetch(`${server.url}/graphql?query={__typename}`, { headers: { accept } });
    expect(response.headers.get('cache-control')).toBe('private, no-store');
  }
});
