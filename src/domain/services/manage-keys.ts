import { randomBytes } from 'node:crypto';
import { type ApiKey, type ApiKeyId, type ApiKeySecret, apiKeySecretBytes, hashSecret } from '../api-key.js';
import type { Scope } from '../caller.js';
import { NotFoundError } from '../errors.js';
import type { AccountId } from '../image.js';
import type { State } from '../ports.js';

/** Keys are managed by who runs the server, from its machine: these operations have no caller. */
export interface KeyDependencies {
  readonly state: State;
  readonly now: () => Date;
  readonly newKeyId: () => ApiKeyId;
}

/** Makes a key. Its secret is in the answer and nowhere else: the state has only its hash. */
export const createKey =
  ({ state, now, newKeyId }: KeyDependencies) =>
  async (grant: {
    accountId: AccountId | null;
    scopes: readonly Scope[];
  }): Promise<{ key: ApiKey; secret: ApiKeySecret }> => {
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

/** All keys, the revoked ones too, oldest first. */
export const listKeys =
  ({ state }: KeyDependencies) =>
  (): Promise<ApiKey[]> =>
    state.read.keys.list();

/**
 * Ends a key for good; one that is revoked already keeps its date.
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
