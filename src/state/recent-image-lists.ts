import { LRUCache } from 'lru-cache';
import type { Image } from '../domain/image.js';
import type { ImageQuery } from '../domain/image-query.js';

/** Each takes about half a kB. */
const maxImages = 10_000;

/**
 * Parts of lists that were read lately, in memory: pages ask for the same again and again. None is older than the last finished
 * write: no other process writes images, and each write has all lists forgotten before it is acknowledged.
 */
export class RecentImageLists {
  readonly #kept = new LRUCache<string, readonly Image[]>({
    maxSize: maxImages,
    // an empty list takes room too
    sizeCalculation: (images) => images.length + 1,
  });
  /** Rises with each forgetting. */
  #generation = 0;

  async find(query: ImageQuery, read: () => Promise<readonly Image[]>): Promise<readonly Image[]> {
    const key = JSON.stringify(query);
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const generation = this.#generation;
    const found = await read();
    // a read that began before a write may have found what was before it
    if (generation === this.#generation) this.#kept.set(key, found);
    return found;
  }

  forget(): void {
    this.#generation += 1;
    this.#kept.clear();
  }
}
