import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startTestServer } from '../support/test-server.js';

const start = async (variables: Record<string, string> = {}) => {
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  return server;
};

test('/schema.graphql is the committed schema, without a key', async () => {
  const { url } = await start({ AUTH: 'keys' });
  const response = await fetch(`${url}/schema.graphql`);
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await response.text()).toBe(await readFile('schema.graphql', 'utf8'));
});

test('is not sent again to a client that has it', async () => {
  const { url } = await start();
  const etag = (await fetch(`${url}/schema.graphql`)).headers.get('etag') ?? '';
  for (const known of [etag, `W/${etag.replace(/^W\//, '')}`, '*']) {
    const response = await fetch(`${url}/schema.graphql`, { headers: { 'if-none-match': known } });
    expect(response.status).toBe(304);
  }
  const head = await fetch(`${url}/schema.graphql`, { method: 'HEAD' });
  expect([head.status, head.headers.get('etag')?.replace(/^W\//, '')]).toEqual([200, etag.replace(/^W\//, '')]);
});

test('is hidden where introspection is off', async () => {
  const { url } = await start({ INTROSPECTION: 'off' });
  const response = await fetch(`${url}/schema.graphql`);
  expect(response.status).toBe(404);
  expect(await response.text()).toContain('INTROSPECTION');
});
