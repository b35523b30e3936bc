import { randomBytes, timingSafeEqual } from 'node:crypto';
import { UnauthenticatedError } from '../errors.js';
import type { State } from '../ports.js';
import { type ApiKey, type ApiKeyId, type Credentials, hashSecret } from './api-key.js';
import { anonymousCaller, type Caller, callerOf } from './caller.js';

export interface AuthenticationDependencies {
  readonly state: State;
  readonly now: () => Date;
  /** Called when the use of a key could not be recorded, which no request waits for. */
  readonly onFault: (error: unknown) => void;
}

/** How long a key that was read is used as it was: a revocation by another process takes effect within two seconds, on open streams too. */
const keptMs = 1_000;
/** How often the use of a key is noted at most. */
const noteIntervalMs = 60_000;

/**
 * Identifies the caller; without credentials that is the anonymous caller.
 * @throws {UnauthenticatedError} for an unknown key, a wrong secret and a revoked key, without telling which.
 */
export const authenticateKey = (
  dependencies: AuthenticationDependencies,
): ((credentials: Credentials | null) => Promise<Caller>) => {
  const keys = new RecentKeys(dependencies);
  // what no secret hashes to: an unknown key is compared like a known one
  const nobodysHash = randomBytes(32);
  return async (credentials) => {
    if (!credentials) return anonymousCaller;
    const key = await keys.find(credentials.id);
    const hash = key ? Buffer.from(key.secretHash, 'hex') : nobodysHash;
    const matches = timingSafeEqual(hashSecret(credentials.secret), hash);
    if (!key || !matches || key.revokedOn) {
      throw new UnauthenticatedError('The key is unknown or revoked, or its secret is wrong.');
    }
    keys.noteUse(key);
    return callerOf(key);
  };
};

/** The keys of the last moments, so that a busy client costs no SELECT for each request. Unknown ids are not kept. */
class RecentKeys {
  readonly #kept = new Map<ApiKeyId, { key: ApiKey; readAtMs: number }>();

  constructor(private readonly dependencies: AuthenticationDependencies) {}

  async find(id: ApiKeyId): Promise<ApiKey | null> {
    const kept = this.#kept.get(id);
    if (kept && performance.now() - kept.readAtMs < keptMs) return kept.key;
    const readAtMs = performance.now();
    const key = await this.dependencies.state.read.keys.find(id);
    if (key) this.#kept.set(id, { key, readAtMs });
    return key;
  }

  /** Notes in the background that the key was used, unless that was noted within the last minute. */
  noteUse(key: ApiKey): void {
    const { state, now, onFault } = this.dependencies;
    const usedOn = now();
    const before = new Date(usedOn.getTime() - noteIntervalMs);
    if (key.lastUsedOn && key.lastUsedOn > before) return;
    const kept = this.#kept.get(key.id);
    if (kept) this.#kept.set(key.id, { ...kept, key: { ...key, lastUsedOn: usedOn } });
    state.write((writer) => writer.keys.noteUse(key.id, usedOn, before)).catch(onFault);
  }
}
