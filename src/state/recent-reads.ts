import type { LRUCache } from 'lru-cache';

/**
 * What was read lately, in memory. None is older than the last finished write: no other process writes images, and each write has
 * what it changed forgotten before it is acknowledged.
 */
export class RecentReads<Key extends {}, Value extends {}> {
  /** Rises with each forgetting. */
  #generation = 0;

  constructor(private readonly kept: LRUCache<Key, Value>) {}

  recall(key: Key): Value | undefined {
    return this.kept.get(key);
  }

  async find<Found extends Value | null>(key: Key, read: () => Promise<Found>): Promise<Value | Found> {
    const kept = this.kept.get(key);
    if (kept) return kept;
    const generation = this.#generation;
    const found = await read();
    // a read that began before a write may have found what was before it
    if (found && generation === this.#generation) this.kept.set(key, found);
    return found;
  }

  /** @param change What a write has left of what is kept. */
  forget(change: (kept: LRUCache<Key, Value>) => void): void {
    this.#generation += 1;
    change(this.kept);
  }
}
