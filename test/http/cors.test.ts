import { expect, onTestFinished, test } from 'vitest';
import { startTestServer } from '../support/test-server.js';

const start = async (variables: Record<string, string> = {}) => {
  const server = await startTestServer(variables);
  onTestFinished(() => server.close());
  return server;
};

const preflight = (url: string, origin: string) =>
  fetch(`${url}/graphql`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  });

test('no page of another origin may call GraphQL unless it is configured', async () => {
  const { url } = await start();
  const response = await preflight(url, 'https://app.example');
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
});

test('a configured origin may call GraphQL, and no other', async () => {
  const { url } = await start({ CORS_ORIGINS: 'https://app.example,https://other.example' });
  const allowed = await preflight(url, 'https://app.example');
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect((await preflight(url, 'https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { origin: 'https://app.example', 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ __typename }' }),
  });
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect(answer.headers.get('x-request-id')).toBeTruthy();
});
