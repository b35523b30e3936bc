import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { csrfFault, refuseCrossSite } from '../../src/graphql/csrf.js';

const simple = [
  'multipart/form-data; boundary=x',
  'MULTIPART/Form-Data',
  'application/x-www-form-urlencoded',
  'text/plain',
  'text/plain; charset=application/json',
  'text/plain;application/json',
  '  text/plain',
  '',
  'json',
  '/json',
  'application/json garbage',
  undefined,
];

describe('a POST that a page of another origin can send', () => {
  it.each(simple)('needs a header that makes the browser ask first: %s', (type) => {
    const fault = csrfFault('POST', { 'content-type': type });
    expect(fault).toContain('X-Graphql-Yoga-Csrf, Apollo-Require-Preflight, X-Apollo-Operation-Name');
  });

  it.each(['x-graphql-yoga-csrf', 'apollo-require-preflight', 'x-apollo-operation-name'])('passes with %s', (name) => {
    for (const type of simple) expect(csrfFault('POST', { 'content-type': type, [name]: 'true' })).toBeNull();
  });

  it('does not pass with an empty header', () => {
    expect(csrfFault('POST', { 'apollo-require-preflight': '' })).not.toBeNull();
  });
});

it.each([
  ['POST', 'application/json'],
  ['POST', 'Application/JSON; charset=utf-8'],
  ['POST', 'application/graphql'],
  ['GET', 'text/plain'],
  ['OPTIONS', undefined],
])('%s of %s needs no header', (method, type) => expect(csrfFault(method, { 'content-type': type })).toBeNull());

it('the hook responds with 403 before the body is read', async () => {
  const server = Fastify();
  let parsed = false;
  server.addContentTypeParser('*', (_request, _payload, done) => {
    parsed = true;
    done(null);
  });
  server.addHook('onRequest', refuseCrossSite);
  server.post('/graphql', () => 'reached');
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  const refused = await fetch(`${url}/graphql`, { method: 'POST', body: new FormData() });
  expect(refused.status).toBe(403);
  expect(refused.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  expect(parsed).toBe(false);
  const allowed = await fetch(`${url}/graphql`, {
    method: 'POST',
    body: new FormData(),
    headers: { 'x-graphql-yoga-csrf': '1' },
  });
  expect(await allowed.text()).toBe('reached');
  await server.close();
});
