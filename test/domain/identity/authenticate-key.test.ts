import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { UnauthenticatedError } from '../../../src/domain/errors.js';
import type { ApiKeyId } from '../../../src/domain/identity/api-key.js';
import { authenticateKey } from '../../../src/domain/identity/authenticate-key.js';
import { anonymousCaller } from '../../../src/domain/identity/caller.js';
import { createKey, listKeys, revokeKey } from '../../../src/domain/identity/manage-keys.js';
import type { Scope } from '../../../src/domain/identity/scope.js';
import { keyDependencies, withWrongSecret } from '../../support/keys.js';
import { openTestState } from '../../support/open-test-state.js';
import { sampleAccountId } from '../../support/samples.js';

const minute = 60_000;

const setUp = async () => {
  const { state, takeQueries } = await openTestState();
  const clock = { now: new Date('2026-01-01T00:00:00Z') };
  const dependencies = keyDependencies(state);
  const authenticate = authenticateKey({
    state,
    now: () => clock.now,
    onFault: (error) => expect.unreachable(String(error)),
  });
  const makeKey = async (scopes: Scope[] = ['images.read'], accountId = sampleAccountId()) => {
    const { key, secret } = await createKey(dependencies)({ accountId, scopes });
    return { id: key.id, secret, accountId };
  };
  const lastUsedOn = async () => {
    // behind the writes that are under way
    await state.write(async () => undefined);
    return (await listKeys(dependencies)()).map((key) => key.lastUsedOn?.toISOString() ?? null);
  };
  return { authenticate, clock, dependencies, lastUsedOn, makeKey, state, takeQueries };
};

const refusalOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test('a key speaks for its account with its scopes, as soon as it is made', async () => {
  const { authenticate, makeKey } = await setUp();
  const { accountId, ...credentials } = await makeKey(['images.read', 'images.write', 'images.read']);
  expect(await authenticate(credentials)).toEqual({
    keyId: credentials.id,
    accountId,
    scopes: new Set(['images.read', 'images.write']),
  });
});

test('without credentials the caller is anonymous', async () => {
  const { authenticate } = await setUp();
  expect(await authenticate(null)).toBe(anonymousCaller);
});

test('an unknown id, a wrong secret and a revoked key are refused by the same words at the same cost', async () => {
  const { authenticate, dependencies, makeKey, takeQueries } = await setUp();
  const revoked = await makeKey();
  await revokeKey(dependencies)(revoked.id);
  const known = withWrongSecret(await makeKey());
  const unknown = { ...known, id: 'unknownUnknown00' as ApiKeyId };
  for (const credentials of [unknown, known, revoked]) {
    takeQueries();
    const refusal = await refusalOf(authenticate(credentials));
    expect(refusal).toBeInstanceOf(UnauthenticatedError);
    expect(String(refusal)).toContain('The key is unknown or revoked, or its secret is wrong.');
    expect(takeQueries()).toEqual([expect.stringContaining('FROM `main`.`ApiKey`')]);
  }
});

test('a good key that was just read does not make a wrong secret good', async () => {
  const { authenticate, makeKey } = await setUp();
  const key = await makeKey();
  await authenticate(key);
  expect(await refusalOf(authenticate(withWrongSecret(key)))).toBeInstanceOf(UnauthenticatedError);
});

test('a busy client costs one SELECT in two seconds, and a revocation is honoured after them', async () => {
  const { authenticate, dependencies, makeKey, takeQueries } = await setUp();
  const key = await makeKey();
  await authenticate(key);
  takeQueries();
  for (let request = 0; request < 100; request += 1) await authenticate(key);
  expect(takeQueries().filter((sql) => sql.startsWith('SELECT'))).toEqual([]);
  await revokeKey(dependencies)(key.id);
  await pause(2_050);
  expect(await refusalOf(authenticate(key))).toBeInstanceOf(UnauthenticatedError);
});

test('the last use is noted at most once a minute', async () => {
  const { authenticate, clock, lastUsedOn, makeKey, takeQueries } = await setUp();
  const key = await makeKey();
  expect(await lastUsedOn()).toEqual([null]);
  await Promise.all([authenticate(key), authenticate(key), authenticate(key)]);
  expect(await lastUsedOn()).toEqual(['2026-01-01T00:00:00.000Z']);

  takeQueries();
  clock.now = new Date(clock.now.getTime() + minute - 1);
  await authenticate(key);
  expect(await lastUsedOn()).toEqual(['2026-01-01T00:00:00.000Z']);
  expect(takeQueries().filter((sql) => sql.startsWith('UPDATE'))).toEqual([]);

  clock.now = new Date(clock.now.getTime() + 1);
  await authenticate(key);
  expect(await lastUsedOn()).toEqual(['2026-01-01T00:01:00.000Z']);
});

test('a refused key was not used', async () => {
  const { authenticate, lastUsedOn, makeKey } = await setUp();
  await refusalOf(authenticate(withWrongSecret(await makeKey())));
  expect(await lastUsedOn()).toEqual([null]);
});

test('a request waits for no note of its use', async () => {
  const { authenticate, lastUsedOn, makeKey, state } = await setUp();
  const key = await makeKey();
  let finish = (): void => undefined;
  const longWrite = state.write(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  expect(await authenticate(key)).toMatchObject({ keyId: key.id });
  finish();
  await longWrite;
  expect(await lastUsedOn()).toEqual(['2026-01-01T00:00:00.000Z']);
});

test('a use that cannot be recorded is reported to the server, not to the client', async () => {
  const { makeKey, state } = await setUp();
  const key = await makeKey();
  const full = { read: state.read, write: () => Promise.reject(new Error('The disk is full')) };
  const onFault = vi.fn();
  expect(await authenticateKey({ state: full, now: () => new Date(), onFault })(key)).toMatchObject({ keyId: key.id });
  await vi.waitFor(() => expect(onFault).toHaveBeenCalledExactlyOnceWith(new Error('The disk is full')), 10_000);
});
