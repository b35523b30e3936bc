import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { asToken, signToken, verifyToken } from '../../../src/domain/identity/access-token.js';

const secret = randomBytes(32);
const claims = {
  kind: 'access',
  grantId: randomUUID(),
  accountId: null,
  scopes: ['images.read'],
  expiresAt: 4_000_000_000_000,
} as const;
const token = signToken(null, claims, secret);

test('a token is valid in the one form that was signed: no other last character, case or padding', () => {
  expect(verifyToken(token, secret)).toEqual(claims);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const others = [...alphabet].map((last) => token.slice(0, -1) + last).filter((other) => other !== token);
  for (const other of others) {
    const parsed = asToken(other);
    expect(parsed && verifyToken(parsed, secret), other).toBeNull();
  }
  for (const other of [`${token}=`, ` ${token}`, token.replace('.', '..')]) expect(asToken(other)).toBeUndefined();
});

test('a token that another secret signed is not valid', () => {
  expect(verifyToken(token, randomBytes(32))).toBeNull();
});
