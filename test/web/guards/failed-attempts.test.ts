import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TooManyAttemptsError } from '../../../src/domain/errors.js';
import { FailedAttempts } from '../../../src/web/guards/failed-attempts.js';
import { bearer, makeKey, withWrongSecret } from '../../support/keys.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';
import { sign } from '../../vendors/metal/sign.js';

describe('counted by address', () => {
  let nowMs = 0;
  const failures = (attempts: FailedAttempts, address: string, times: number) =>
    Array.from({ length: times }, () => {
      try {
        attempts.note(address);
        return 'counted';
      } catch (error) {
        if (error instanceof TooManyAttemptsError) return error.retryAfterSeconds;
        throw error;
      }
    });

  test('failures beyond the limit are refused for the rest of the minute, and those of others are not', () => {
    const attempts = new FailedAttempts(2, () => nowMs);
    expect(failures(attempts, '192.0.2.1', 3)).toEqual(['counted', 'counted', 60]);
    nowMs += 50_500;
    expect(failures(attempts, '192.0.2.1', 1)).toEqual([10]);
    expect(failures(attempts, '192.0.2.2', 1)).toEqual(['counted']);
    nowMs += 10_000;
    expect(failures(attempts, '192.0.2.1', 3)).toEqual(['counted', 'counted', 60]);
  });

  test('the addresses of one IPv6 /64 are one client, and an IPv4 address is itself however it is written', () => {
    const attempts = new FailedAttempts(1, () => nowMs);
    expect(failures(attempts, '2001:db8:1:2::1', 1)).toEqual(['counted']);
    expect(failures(attempts, '2001:db8:1:2:ffff::2', 1)).toEqual([60]);
    expect(failures(attempts, '2001:db8:1:3::1', 1)).toEqual(['counted']);
    expect(failures(attempts, '192.0.2.9', 1)).toEqual(['counted']);
    expect(failures(attempts, '::ffff:192.0.2.9', 1)).toEqual([60]);
  });

  test('a limit of 0 refuses nothing', () => {
    expect(failures(new FailedAttempts(0), '192.0.2.1', 5)).toEqual(Array(5).fill('counted'));
  });
});

describe('a server that requires keys', () => {
  let server: TestServer;
  let good: Record<string, string>;
  let wrong: Record<string, string>;
  beforeAll(async () => {
    server = await startTestServer({ AUTH: 'keys', FAILED_AUTHENTICATIONS_MAX: '3', METAL_HMAC_VIEW_KEY: 'view key' });
    const key = await makeKey(server, { account: accountId, scopes: ['images.read', 'images.write'] });
    good = bearer(key);
    wrong = bearer(withWrongSecret(key));
    for (let times = 0; times < 3; times += 1) {
      expect((await fetch(`${server.url}/accounts/${accountId}/images`, { headers: wrong })).status).toBe(401);
    }
  });
  afterAll(() => server.close());

  const json = { 'content-type': 'application/json' };
  const graphql = (headers: Record<string, string>) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: '{"query":"{viewer{kind}}"}',
    });

  test.each<[string, () => Promise<Response>]>([
    ['GraphQL', () => graphql(wrong)],
    [
      'an upload by GraphQL',
      () => graphql({ ...wrong, 'content-type': 'multipart/form-data; boundary=x', 'apollo-require-preflight': '1' }),
    ],
    ['Moov', () => fetch(`${server.url}/accounts/${accountId}/images`, { headers: wrong })],
    [
      "Moov's tokens, with the key in the body",
      () =>
        fetch(`${server.url}/oauth2/token`, {
          method: 'POST',
          headers: json,
          body: JSON.stringify({
            grant_type: 'client_credentials',
            scope: 'images.read',
            client_id: 'x',
            client_secret: 'y',
          }),
        }),
    ],
    ['Glean', () => fetch(`${server.url}/rest/api/v1/images?type=LOGO`, { headers: wrong })],
    ["Glean's images", () => fetch(`${server.url}/api/v1/images?type=LOGO`, { headers: wrong })],
    ['metal-stack', () => fetch(`${server.url}/metal/v1/image`, { headers: wrong })],
    [
      "metal-stack's signatures",
      () =>
        fetch(`${server.url}/metal/v1/image`, {
          headers: sign({ type: 'Metal-View', key: 'wrong', method: 'GET', date: new Date() }),
        }),
    ],
    ['originals', () => fetch(`${server.url}/accounts/${accountId}/images/${accountId}/original`, { headers: wrong })],
  ])('refuses more failures by %s with 429 and when to come back', async (_name, ask) => {
    const response = await ask();
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.text()).toContain('More than 3 requests a minute');
  });

  test('serves a valid key and a client without one from the same address as before', async () => {
    expect(await (await graphql(good)).json()).toEqual({ data: { viewer: { kind: 'KEY' } } });
    expect(await (await graphql({})).json()).toEqual({ data: { viewer: { kind: 'ANONYMOUS' } } });
    expect((await fetch(`${server.url}/accounts/${accountId}/images`, { headers: good })).status).toBe(200);
  });
});
