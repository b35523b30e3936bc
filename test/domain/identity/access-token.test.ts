import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { asToken, keyIdOf, signToken, verifyToken } from '../../../src/domain/identity/access-token.js';
import type { ApiKeyId } from '../../../src/domain/identity/api-key.js';

const secret = randomBytes(32);
const keyId = 'Abcdefgh12345678' as ApiKeyId;
const claims = { kind: 'access', grantId: randomUUID(), accountId: null, scopes: ['images.read'] } as const;
const expiresOn = new Date(4_000_000_000_000);
const before = new Date(expiresOn.getTime() - 1_000);
const token = await signToken(keyId, claims, expiresOn, secret);

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const payload = { ...claims, exp: 4_000_000_000 };

/** A token as another program would make it, by RFC 7515 alone. */
const forge = (header: object, hash = 'sha256', body: object = payload): string => {
  const signed = `${base64url(header)}.${base64url(body)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
};

/** What the text is worth as a token: its claims, or nothing. */
const read = async (text: string, by = secret, now = before) => {
  const parsed = asToken(text);
  return parsed ? await verifyToken(parsed, by, now) : null;
};

test('a token is valid in the one form that was signed: no other last character, case or padding', async () => {
  expect(await read(token)).toMatchObject(claims);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const others = [...alphabet].map((last) => token.slice(0, -1) + last).filter((other) => other !== token);
  for (const other of others) expect(await read(other), other).toBeNull();
  for (const other of [`${token}=`, ` ${token}`, token.replace('.', '..')]) expect(asToken(other)).toBeUndefined();
});

test('a token that another secret signed is not valid', async () => {
  expect(await read(token, randomBytes(32))).toBeNull();
});

test('a token names its key, or none', async () => {
  expect(keyIdOf(token)).toBe(keyId);
  expect(keyIdOf(await signToken(null, claims, expiresOn, secret))).toBeNull();
});

test('a token is a JWT with HMAC-SHA256 that any library can make or check', async () => {
  expect(await read(forge({ alg: 'HS256', kid: keyId }))).toMatchObject(claims);
});

test('a token is not valid in the second in which it expires', async () => {
  expect(await read(token, secret, before)).not.toBeNull();
  expect(await read(token, secret, expiresOn)).toBeNull();
});

test.each([
  ['without a signature', forge({ alg: 'none', kid: keyId })],
  ['of another algorithm', forge({ alg: 'HS512', kid: keyId }, 'sha512')],
  ['whose header names another algorithm than the one of its signature', forge({ alg: 'HS512', kid: keyId })],
  ['with an extension that is not understood', forge({ alg: 'HS256', kid: keyId, crit: ['b64'], b64: false })],
  ['that never expires', forge({ alg: 'HS256', kid: keyId }, 'sha256', claims)],
  ['whose key id is no id', forge({ alg: 'HS256', kid: '../../etc/passwd' })],
  ['whose key id is no text', forge({ alg: 'HS256', kid: { id: keyId } })],
  ['whose header is no JSON', `${'A'.repeat(40)}${token.slice(token.indexOf('.'))}`],
  [
    'whose header is a list',
    `${Buffer.from('["HS256","HS256"]').toString('base64url')}${token.slice(token.indexOf('.'))}`,
  ],
])('a token %s is not valid', async (_case, text) => {
  expect(await read(text)).toBeNull();
});
