import { randomUUID } from 'node:crypto';
import { Moov } from '@moovio/sdk';
import { GenericError } from '@moovio/sdk/models/errors/index.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signToken, type TokenClaims } from '../../../src/domain/identity/access-token.js';
import {
  type ApiKeyId,
  type ApiKeySecret,
  type Credentials,
  hashSecret,
} from '../../../src/domain/identity/api-key.js';
import type { AccountId } from '../../../src/domain/images/image.js';
import { basic, makeKey, revoke, withWrongSecret } from '../../support/keys.js';
import { documentedFetch } from '../../support/openapi-responses.js';
import { runSql } from '../../support/server-stores.js';
import { accountId, startTestServer, type TestServer } from '../../support/test-server.js';

const scope = `/accounts/${accountId}/images.read /accounts/${accountId}/images.write`;
const tokenPattern = /^[\w-]+\.[\w-]+\.[\w-]{43}$/;

let server: TestServer;
let key: Credentials;
// biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what an answer has
let post: (path: string, body: object, headers?: Record<string, string>) => Promise<{ status: number; body: any }>;
let clock = new Date();
beforeAll(async () => {
  server = await startTestServer({ AUTH: 'keys' }, { now: () => clock });
  key = await makeKey(server, { account: accountId, scopes: ['images.read', 'images.write'] });
  const checked = await documentedFetch(server.url);
  post = async (path, body, headers = {}) => {
    const response = await checked(`${server.url}/oauth2/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : '' };
  };
});
afterAll(() => server.close());

const grant = async (asked = scope, by = key) =>
  (await post('token', { grant_type: 'client_credentials', scope: asked }, basic(by))).body;
const list = async (token: string, account = accountId) =>
  (await fetch(`${server.url}/accounts/${account}/images`, { headers: { authorization: `Bearer ${token}` } })).status;
const refresh = (refresh_token: string, by = key) =>
  post('token', { grant_type: 'refresh_token', refresh_token }, basic(by));

test.each<[string, Partial<TokenClaims>]>([
  ['all accounts', { accountId: null }],
  ['another account', { accountId: randomUUID() as AccountId }],
  ['a scope that the key lacks', { scopes: ['images.read', 'admin'] }],
])(
  'a token that somebody signs by the hash of a key, as a copy of the database has it, is not good for %s',
  async (_what, claims) => {
    const secret = hashSecret(key.secret as ApiKeySecret);
    const own = {
      kind: 'access',
      grantId: randomUUID(),
      accountId: accountId as AccountId,
      scopes: ['images.read'],
    } as const;
    const sign = (given: object) =>
      signToken(key.id as ApiKeyId, { ...own, ...given }, new Date(clock.getTime() + 60_000), secret);
    expect(await list(await sign({}))).toBe(200);
    expect(await list(await sign(claims))).toBe(401);
  },
);

describe('a key gets tokens', () => {
  test('that allow what was asked for, in the account that was named', async () => {
    const tokens = await grant(`/accounts/${accountId}/images.read`);
    expect(tokens).toEqual({
      token_type: 'Bearer',
      access_token: expect.stringMatching(tokenPattern),
      refresh_token: expect.stringMatching(tokenPattern),
      expires_in: 3600,
      scope: `/accounts/${accountId}/images.read`,
    });
    expect(await list(tokens.access_token)).toBe(200);
    expect(await list(tokens.access_token, randomUUID())).toBe(403);
    const remove = { method: 'DELETE', headers: { authorization: `Bearer ${tokens.access_token}` } };
    expect((await fetch(`${server.url}/accounts/${accountId}/images/${randomUUID()}`, remove)).status).toBe(403);
    const graphql = await server.query('{ viewer { scopes } }', {}, { authorization: `Bearer ${tokens.access_token}` });
    expect(graphql.data.viewer.scopes).toEqual(['IMAGES_READ']);
  });

  test('by its id and secret in the body, as JSON or as a form', async () => {
    const body = { grant_type: 'client_credentials', client_id: key.id, client_secret: key.secret, scope };
    expect((await post('token', body)).status).toBe(200);
    const form = await fetch(`${server.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(body) });
    expect([form.status, form.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  test('by its Basic header, where the body has its id alone, or has both empty', async () => {
    for (const rest of [{ client_id: key.id }, { client_id: '', client_secret: '' }]) {
      expect((await post('token', { grant_type: 'client_credentials', scope, ...rest }, basic(key))).status).toBe(200);
      expect((await post('revoke', { token: 'unknown', ...rest }, basic(key))).status).toBe(204);
    }
  });

  test('of the scopes that it has, and of those that are served here', async () => {
    const reader = await makeKey(server, { account: accountId, scopes: ['images.read'] });
    const asked = `${scope} /accounts/${accountId}/files.read /accounts.write nonsense`;
    expect((await grant(asked, reader)).scope).toBe(`/accounts/${accountId}/images.read`);
    expect((await grant('images.read')).scope).toBe(`/accounts/${accountId}/images.read`);
  });

  test.each([
    ['no scope', undefined],
    ['an unknown scope', 'files.read'],
    ['a scope that the key lacks', 'metal.admin'],
    ['an account that the key is not for', `/accounts/${randomUUID()}/images.read`],
    ['two accounts', `/accounts/${randomUUID()}/images.read ${scope}`],
    ['what is no account', '/accounts/x/images.read'],
  ])('and for %s a 422 that names the scope', async (_case, asked) => {
    const { status, body } = await post('token', { grant_type: 'client_credentials', scope: asked }, basic(key));
    expect([status, body]).toEqual([422, { scope: expect.any(String) }]);
  });
});

describe('no tokens', () => {
  const body = { grant_type: 'client_credentials', scope };
  test.each([
    ['without a key', () => ({})],
    ['for a wrong secret', () => basic(withWrongSecret(key))],
    ['for an unknown key', () => basic({ ...key, id: 'A'.repeat(16) as Credentials['id'] })],
  ])('%s', async (_case, headers) => {
    const answer = await post('token', body, headers() as Record<string, string>);
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });

  test('for a token: its holder gets no more than was given', async () => {
    const { access_token, refresh_token } = await grant();
    for (const token of [access_token, refresh_token]) {
      const answer = await post('token', body, { authorization: `Bearer ${token}` });
      expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    }
  });

  test.each([
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{}, 400, 'unsupported_grant_type'],
    [[], 400, 'invalid_request'],
    [{ grant_type: 'client_credentials', client_id: 5 }, 400, 'invalid_request'],
  ])('for %j', async (malformed, status, error) => {
    const answer = await post('token', malformed, basic(key));
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });

  test('for what is no JSON, and no form', async () => {
    for (const [type, status] of [
      ['application/json', 400],
      ['text/plain', 415],
    ] as const) {
      const response = await fetch(`${server.url}/oauth2/token`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{',
      });
      expect([response.status, await response.json()]).toEqual([status, { error: expect.any(String) }]);
    }
  });
});

describe('a refresh token', () => {
  test('gives new tokens of the same scopes, and is no access token', async () => {
    const tokens = await grant();
    const { status, body } = await refresh(tokens.refresh_token);
    expect([status, body.scope]).toEqual([200, tokens.scope]);
    expect(await list(body.access_token)).toBe(200);
    expect(await list(tokens.refresh_token)).toBe(401);
  });

  test('is good for its own key only', async () => {
    const other = await makeKey(server, { account: accountId, scopes: ['images.read'] });
    const { refresh_token } = await grant();
    expect(await refresh(refresh_token, other)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  test('that is missing is 422, that is not good is 400', async () => {
    const { access_token } = await grant();
    expect(await post('token', { grant_type: 'refresh_token' }, basic(key))).toMatchObject({
      status: 422,
      body: { refresh_token: expect.any(String) },
    });
    for (const token of ['x', '', access_token]) {
      expect(await refresh(token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
  });
});

describe('a token is worth nothing', () => {
  test('when a character of it is changed', async () => {
    const { access_token } = await grant();
    for (const place of [3, 30, access_token.length - 30]) {
      const swapped = access_token[place] === 'A' ? 'B' : 'A';
      expect(await list(access_token.slice(0, place) + swapped + access_token.slice(place + 1))).toBe(401);
    }
    // the same claims and signature under a header that names no key, and one that names another
    const [, ...rest] = access_token.split('.');
    const other = await makeKey(server, { account: accountId, scopes: ['images.read'] });
    for (const header of [{ alg: 'HS256' }, { alg: 'HS256', kid: other.id }]) {
      const forged = [Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.');
      expect(await list(forged)).toBe(401);
    }
  });

  test('when its time is over', async () => {
    const tokens = await grant();
    const start = clock;
    clock = new Date(start.getTime() + 3_599_000);
    expect(await list(tokens.access_token)).toBe(200);
    clock = new Date(start.getTime() + 3_600_000);
    expect(await list(tokens.access_token)).toBe(401);
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
    clock = new Date(start.getTime() + 30 * 24 * 3_600_000);
    expect((await refresh(tokens.refresh_token)).status).toBe(400);
    clock = start;
  });

  test('when its key is revoked', async () => {
    const doomed = await makeKey(server, { account: accountId, scopes: ['images.read'] });
    const { access_token } = await grant(scope, doomed);
    expect(await list(access_token)).toBe(200);
    await revoke(server, doomed.id);
    expect(await list(access_token)).toBe(401);
  });

  test.each(['access_token', 'refresh_token'])(
    'when the %s is revoked, with all that came of its grant',
    async (name) => {
      const tokens = await grant();
      const renewed = (await refresh(tokens.refresh_token)).body;
      expect(await post('revoke', { token: tokens[name], token_type_hint: 'wrong' }, basic(key))).toEqual({
        status: 204,
        body: '',
      });
      expect(await list(tokens.access_token)).toBe(401);
      expect(await list(renewed.access_token)).toBe(401);
      expect((await refresh(renewed.refresh_token)).status).toBe(400);
      expect(await list((await grant()).access_token)).toBe(200);
    },
  );
});

describe('revoking', () => {
  test('needs no key of who has the token, and lets no other key do it', async () => {
    const mine = await grant();
    const other = await makeKey(server, { account: accountId, scopes: ['images.read'] });
    expect((await post('revoke', { token: mine.access_token }, basic(other))).status).toBe(204);
    expect(await list(mine.access_token)).toBe(200);
    expect((await post('revoke', { token: mine.access_token })).status).toBe(204);
    expect(await list(mine.access_token)).toBe(401);
  });

  test('what is no token is 204, no token at all is 422, a wrong key is 401', async () => {
    expect((await post('revoke', { token: 'x' }, basic(key))).status).toBe(204);
    expect(await post('revoke', {}, basic(key))).toMatchObject({ status: 422, body: { token: expect.any(String) } });
    expect((await post('revoke', { token: 'x' }, basic(withWrongSecret(key)))).status).toBe(401);
  });

  test('keeps what was revoked only until its tokens are expired', async () => {
    const start = clock;
    await post('revoke', { token: (await grant()).access_token }, basic(key));
    clock = new Date(start.getTime() + 31 * 24 * 3_600_000);
    await post('revoke', { token: (await grant()).access_token }, basic(key));
    clock = start;
    expect(await runSql(server.config, 'SELECT * FROM "RevokedGrant"')).toHaveLength(1);
  });
});

describe('the official SDK', () => {
  const security = () => ({ username: key.id, password: key.secret });

  test('gets a token, uses it, renews and revokes it', async () => {
    const byKey = new Moov({ serverURL: server.url, security: security() });
    const { result } = await byKey.authentication.createAccessToken({ grantType: 'client_credentials', scope });
    const { result: renewed } = await byKey.authentication.createAccessToken({
      grantType: 'refresh_token',
      refreshToken: result.refreshToken,
    });
    const byToken = new Moov({ serverURL: server.url, accessToken: renewed.accessToken });
    expect((await byToken.images.list({ accountID: accountId })).result).toEqual([]);
    await byToken.authentication.revokeAccessToken({ token: renewed.accessToken });
    await expect(byToken.images.list({ accountID: accountId })).rejects.toMatchObject({ statusCode: 401 });
    const stale = byKey.authentication.createAccessToken({
      grantType: 'refresh_token',
      refreshToken: result.refreshToken,
    });
    await expect(stale).rejects.toThrow(GenericError);
  });

  test('gets tokens of a server that asks for no key, too', async () => {
    const open = await startTestServer();
    const moov = new Moov({ serverURL: open.url, security: { username: 'any', password: 'thing' } });
    const { result } = await moov.authentication.createAccessToken({ grantType: 'client_credentials', scope });
    const byToken = new Moov({ serverURL: open.url, accessToken: result.accessToken });
    expect((await byToken.images.list({ accountID: accountId })).result).toEqual([]);
    await byToken.authentication.revokeAccessToken({ token: result.refreshToken });
    await open.close();
  });
});
