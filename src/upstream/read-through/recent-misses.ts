import type { Limits } from '../../domain/limits.js';

type MissLimits = Pick<Limits, 'upstreamMissSeconds' | 'upstreamMisses' | 'upstreamMissesPerClient'>;

interface Miss {
  readonly client: string;
  readonly expiresAtMs: number;
}

/**
 * What an API was found not to have, for a while. As many misses as are kept may be added in that time and no more, which bounds both
 * the memory and the requests that a flood of invented ids costs the API.
 */
export class RecentMisses {
  /** In the order in which they expire. */
  readonly #misses = new Map<string, Miss>();
  readonly #counts = new Map<string, number>();

  constructor(
    private readonly limits: MissLimits,
    private readonly now: () => Date,
  ) {}

  has(key: string): boolean {
    this.#expire();
    return this.#misses.has(key);
  }

  /** Whether the client may look for something else that may not exist. */
  admits(client: string): boolean {
    this.#expire();
    const { upstreamMisses, upstreamMissesPerClient } = this.limits;
    return this.#misses.size < upstreamMisses && (this.#counts.get(client) ?? 0) < upstreamMissesPerClient;
  }

  add(key: string, client: string): void {
    this.#drop(key);
    this.#misses.set(key, { client, expiresAtMs: this.now().getTime() + this.limits.upstreamMissSeconds * 1_000 });
    this.#counts.set(client, (this.#counts.get(client) ?? 0) + 1);
  }

  #expire(): void {
    const now = this.now().getTime();
    for (const [key, { expiresAtMs }] of this.#misses) {
      if (expiresAtMs > now) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    const miss = this.#misses.get(key);
    if (!miss) return;
    this.#misses.delete(key);
    const left = (this.#counts.get(miss.client) ?? 0) - 1;
    if (left > 0) this.#counts.set(miss.client, left);
    else this.#counts.delete(miss.client);
  }
}
