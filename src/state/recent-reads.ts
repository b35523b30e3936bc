import type { LRUCache } from 'lru-cache';

/**
 * What was read recently, in memory. None is older than the last finished write of this server: each write drops what it changed before
 * it is acknowledged. Writes of other servers drop it when they are heard of.
 */
export class RecentReads<Key extends {}, Value extends {}> {
  /** Rises with each invalidation. */
  #generation = 0;

  /** @param isTrusted Whether the commits of other servers arrive; nothing is cached or returned otherwise. */
  constructor(
    private readonly kept: LRUCache<Key, Value>,
    private readonly isTrusted: () => boolean,
  ) {}

  peek(key: Key): Value | undefined {
    return this.isTrusted() ? this.kept.get(key) : undefined;
  }

  async find<Found extends Value | null>(key: Key, read: () => Promise<Found>): Promise<Value | Found> {
    const kept = this.peek(key);
    if (kept) return kept;
    const generation = this.#generation;
    const found = await read();
    // a read that began before a write may have found what was before it
    if (found && this.isTrusted() && generation === this.#generation) this.kept.set(key, found);
    return found;
  }

  /** @param change What a write has left of what is kept. */
  invalidate(change: (kept: LRUCache<Key, Value>) => void): void {
    this.#generation += 1;
    change(this.kept);
  }
}
