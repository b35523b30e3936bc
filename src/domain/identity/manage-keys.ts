import { randomBytes } from 'node:crypto';
import { InvalidInputError, NotFoundError } from '../errors.js';
import type { AccountId } from '../images/image.js';
import type { State } from '../ports.js';
import { type ApiKey, type ApiKeyId, type ApiKeySecret, apiKeySecretBytes, hashSecret } from './api-key.js';
import { accountScopes, isAccountScope, type Scope } from './scope.js';

/** The operator manages keys on the server's machine: these operations have no caller. */
export interface KeyDependencies {
  readonly state: State;
  readonly now: () => Date;
  readonly newKeyId: () => ApiKeyId;
}

/**
 * Creates a key. Its secret is in the result and nowhere else: the state has only its hash.
 * @throws {InvalidInputError} for a scope that a key of one account cannot have.
 */
export const createKey =
  ({ state, now, newKeyId }: KeyDependencies) =>
  async (grant: {
    accountId: AccountId | null;
    scopes: readonly Scope[];
  }): Promise<{ key: ApiKey; secret: ApiKeySecret }> => {
    const unfit = grant.scopes.filter((scope) => grant.accountId !== null && !isAccountScope(scope));
    if (unfit.length > 0) {
      throw InvalidInputError.at(
        ['scope'],
        `Metal images belong to no account, so ${unfit.join(' and ')} needs a key of all accounts (--account '*'). ` +
          `A key of one account accepts ${accountScopes.join(', ')}.`,
      );
    }
    const secret = randomBytes(apiKeySecretBytes).toString('base64url') as ApiKeySecret;
    const key: ApiKey = {
      id: newKeyId(),
      secretHash: hashSecret(secret).toString('hex'),
      accountId: grant.accountId,
      scopes: [...new Set(grant.scopes)],
      createdOn: now(),
      lastUsedOn: null,
      revokedOn: null,
    };
    await state.write((writer) => writer.keys.insert(key));
    return { key, secret };
  };

/** All keys, including revoked ones, oldest first. */
export const listKeys =
  ({ state }: KeyDependencies) =>
  (): Promise<ApiKey[]> =>
    state.read.keys.list();

/**
 * Revokes a key for good; one that is already revoked keeps its date.
 * @throws {NotFoundError}
 */
export const revokeKey =
  ({ state, now }: KeyDependencies) =>
  (id: ApiKeyId): Promise<ApiKey> =>
    state.write(async (writer) => {
      const key = await writer.keys.find(id);
      if (!key) throw new NotFoundError(`No key has the id ${id}.`);
      if (key.revokedOn) return key;
      const revokedOn = now();
      await writer.keys.setRevoked(id, revokedOn);
      return { ...key, revokedOn };
    });
