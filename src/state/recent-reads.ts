import { LRUCache } from 'lru-cache';
import type { Image, ImageId, PublicId } from '../domain/images/image.js';
import type { ImageQuery } from '../domain/images/image-query.js';
import type { PublicImage, PublicImages, StateReader } from '../domain/ports.js';

/**
 * What was read recently, in memory. None is older than the last finished write of this server: each write drops what it changed before
 * it is acknowledged. Writes of other servers drop it when they are heard of.
 */
class RecentReads<Key extends {}, Value extends {}> {
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

/** Each takes about half a kB. */
const maxListedImages = 10_000;

/** Recently read parts of lists: pages request the same ones again and again. Any write of an image invalidates all of them. */
export class RecentImageLists {
  readonly #reads: RecentReads<string, readonly Image[]>;

  constructor(isTrusted: () => boolean) {
    this.#reads = new RecentReads(
      // an empty list takes room too
      new LRUCache({ maxSize: maxListedImages, sizeCalculation: (images) => images.length + 1 }),
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

/** Each takes about 1 kB. */
const maxPublicImages = 10_000;

/** Recently served images. A write invalidates those that it changed. */
export class RecentPublicImages implements PublicImages {
  readonly #publicIds = new Map<ImageId, PublicId>();
  readonly #reads: RecentReads<PublicId, PublicImage>;

  constructor(
    private readonly read: Pick<StateReader, 'publicImage'>,
    isTrusted: () => boolean,
    readonly mayLag: boolean,
  ) {
    this.#reads = new RecentReads(
      new LRUCache({
        max: maxPublicImages,
        onInsert: ({ image }, publicId) => this.#publicIds.set(image.id, publicId),
        dispose: ({ image }) => this.#publicIds.delete(image.id),
      }),
      isTrusted,
    );
  }

  peek(publicId: PublicId): PublicImage | undefined {
    return this.#reads.peek(publicId);
  }

  find(publicId: PublicId): Promise<PublicImage | null> {
    return this.#reads.find(publicId, () => this.read.publicImage(publicId));
  }

  /** Reads an image again, whatever is in memory. */
  refresh(publicId: PublicId): Promise<PublicImage | null> {
    this.#reads.invalidate((kept) => kept.delete(publicId));
    return this.find(publicId);
  }

  invalidate(ids: ReadonlySet<ImageId> | null): void {
    if (ids?.size === 0) return;
    this.#reads.invalidate((kept) => {
      if (ids === null) kept.clear();
      for (const id of ids ?? []) {
        const publicId = this.#publicIds.get(id);
        if (publicId) kept.delete(publicId);
      }
    });
  }
}
