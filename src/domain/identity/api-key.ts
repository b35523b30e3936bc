import { createHash } from 'node:crypto';
import type { AccountId, Branded } from '../images/image.js';
import type { Scope } from './scope.js';

/** 16 characters of [A-Za-z0-9] that name a key. They are no secret. */
export type ApiKeyId = Branded<'ApiKeyId'>;
/** 32 random bytes in base64url, 43 characters, which only the holder of the key has. */
export type ApiKeySecret = Branded<'ApiKeySecret'>;

export const apiKeyIdLength = 16;
export const apiKeySecretBytes = 32;

const idPattern = new RegExp(`^[A-Za-z0-9]{${apiKeyIdLength}}$`);
const secretPattern = /^[\w-]{43}$/;

export const asApiKeyId = (text: string): ApiKeyId | undefined =>
  idPattern.test(text) ? (text as ApiKeyId) : undefined;
export const asApiKeySecret = (text: string): ApiKeySecret | undefined =>
  secretPattern.test(text) ? (text as ApiKeySecret) : undefined;

/** A secret of 256 random bits can't be guessed from its hash, however fast the hash is. */
export const hashSecret = (secret: ApiKeySecret): Buffer => createHash('sha256').update(secret).digest();

/** What a client sends to prove who it is. */
export interface Credentials {
  readonly id: ApiKeyId;
  readonly secret: ApiKeySecret;
}

/** A key as the server keeps it: without its secret. */
export interface ApiKey {
  readonly id: ApiKeyId;
  /** SHA-256 of the secret, 64 lower-case hexadecimal digits. */
  readonly secretHash: string;
  /** The account that the key is confined to, or null for all accounts. */
  readonly accountId: AccountId | null;
  readonly scopes: readonly Scope[];
  readonly createdOn: Date;
  /** To within a minute. */
  readonly lastUsedOn: Date | null;
  readonly revokedOn: Date | null;
}
