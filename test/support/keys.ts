import { randomBytes } from 'node:crypto';
import { type ApiKeyId, apiKeyIdLength, type Credentials } from '../../src/domain/identity/api-key.js';
import { createKey, type KeyDependencies, revokeKey } from '../../src/domain/identity/manage-keys.js';
import type { Scope } from '../../src/domain/identity/scope.js';
import type { AccountId } from '../../src/domain/images/image.js';
import { alphanumericIds } from '../../src/lib/alphanumeric-ids.js';
import { openStateAt } from '../../src/state/open-state.js';
import type { OpenState } from '../../src/state/state.js';
import type { TestServer } from './test-server.js';

interface Grant {
  readonly account: string | null;
  readonly scopes: readonly Scope[];
}

export const keyDependencies = (state: OpenState): KeyDependencies => ({
  state,
  now: () => new Date(),
  newKeyId: alphanumericIds(apiKeyIdLength) as () => ApiKeyId,
});

/** Creates a key in a state of its own next to the running server, as the command-line tool does. */
export const makeKey = (server: TestServer, { account, scopes }: Grant): Promise<Credentials> =>
  withState(server, async (dependencies) => {
    const { key, secret } = await createKey(dependencies)({ accountId: account as AccountId | null, scopes });
    return { id: key.id, secret };
  });

/** Stores a key of one account with scopes of metal images too, as earlier versions made them: it must not be worth what it says. */
export const makeKeyOfEarlierVersion = (server: TestServer, { account, scopes }: Grant): Promise<Credentials> =>
  withState(server, async (dependencies) => {
    const { key, secret } = await createKey(dependencies)({ accountId: account as AccountId | null, scopes: [] });
    const id = dependencies.newKeyId();
    await dependencies.state.write((writer) => writer.keys.insert({ ...key, id, scopes }));
    return { id, secret };
  });

/** Makes a key that was revoked before the server saw it. */
export const makeRevokedKey = async (server: TestServer, grant: Grant): Promise<Credentials> => {
  const key = await makeKey(server, grant);
  await withState(server, (dependencies) => revokeKey(dependencies)(key.id));
  return key;
};

/** Revokes a key next to the running server. */
export const revoke = (server: TestServer, id: ApiKeyId): Promise<unknown> =>
  withState(server, (dependencies) => revokeKey(dependencies)(id));

const withState = async <Result>(
  server: TestServer,
  work: (dependencies: KeyDependencies) => Promise<Result>,
): Promise<Result> => {
  const state = await openStateAt(server.config.database, {});
  try {
    return await work(keyDependencies(state));
  } finally {
    await state.close();
  }
};

/** The same key with a secret that nobody was given. */
export const withWrongSecret = ({ id }: Credentials): Credentials => ({
  id,
  secret: randomBytes(32).toString('base64url') as Credentials['secret'],
});

export const bearer = ({ id, secret }: Credentials) => ({ authorization: `Bearer ${id}.${secret}` });
export const basic = ({ id, secret }: Credentials) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
