import { LRUCache } from 'lru-cache';
import type { Image, ImageId } from '../domain/images/image.js';
import type { ImageQuery } from '../domain/images/image-query.js';
import { RecentReads } from './recent-reads.js';

/** Each takes about half a kB. */
const maxImages = 10_000;

/** Recently read parts of lists: pages request the same ones again and again. Any write of an image invalidates all of them. */
export class RecentImageLists {
  readonly #reads: RecentReads<string, readonly Image[]>;

  constructor(isTrusted: () => boolean) {
    this.#reads = new RecentReads(
      // an empty list takes room too
      new LRUCache({ maxSize: maxImages, sizeCalculation: (images) => images.length + 1 }),
      isTrusted,
    );
  }

  find(query: ImageQuery, read: () => Promise<readonly Image[]>): Promise<readonly Image[]> {
    return this.#reads.find(JSON.stringify(query), read);
  }

  invalidate(ids: ReadonlySet<ImageId> | null): void {
    if (ids === null || ids.size > 0) this.#reads.invalidate((kept) => kept.clear());
  }
}
