import { LRUCache } from 'lru-cache';
import { TooManyAttemptsError, UnauthenticatedError } from '../../domain/errors.js';
import type { Authenticate } from '../../domain/identity/caller.js';
import { clientAt } from './rate-limit.js';

const windowMs = 60_000;

/** Each takes about 100 bytes. An attacker with more addresses than this evicts the oldest counts, and gains nothing but time. */
const maxClients = 100_000;

/**
 * Counts credentials that are not valid, by client address, on every route that authenticates. A valid key is accepted from any
 * address at any time: somebody else's failures behind the same proxy must not lock a client out.
 */
export class FailedAttempts {
  // a cache with `max` would allocate all of its places when the server starts
  readonly #counts = new LRUCache<string, { failures: number; readonly endsAtMs: number }>({
    maxSize: maxClients,
    sizeCalculation: () => 1,
  });

  /** @param perMinute How many failures of one address are reported as such in a minute; 0 for no limit. */
  constructor(
    private readonly perMinute: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /**
   * Counts a failure.
   * @throws {TooManyAttemptsError} in the place of the failure itself, once the address has had too many.
   */
  note(address: string): void {
    if (this.perMinute === 0) return;
    const client = clientAt(address);
    const nowMs = this.nowMs();
    const known = this.#counts.get(client);
    const count = known && known.endsAtMs > nowMs ? known : { failures: 0, endsAtMs: nowMs + windowMs };
    count.failures += 1;
    this.#counts.set(client, count);
    if (count.failures > this.perMinute) {
      throw new TooManyAttemptsError(this.perMinute, Math.ceil((count.endsAtMs - nowMs) / 1000));
    }
  }

  /** The same way to authenticate, with its failures counted. */
  guard(identify: (authorization: string | undefined) => ReturnType<Authenticate>): Authenticate {
    return async (authorization, address) => {
      try {
        return await identify(authorization);
      } catch (error) {
        if (error instanceof UnauthenticatedError) this.note(address);
        throw error;
      }
    };
  }
}
