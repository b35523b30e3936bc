import { LRUCache } from 'lru-cache';
import type { ImageId, PublicId } from '../domain/image.js';
import type { PublicImage, PublicImages, StateReader } from '../domain/ports.js';

/** Each takes about 1 kB. */
const maxImages = 10_000;

/**
 * The images served lately, in memory. None is older than the last finished write: no other process writes images, and each write
 * has those it changed forgotten before it is acknowledged.
 */
export class RecentPublicImages implements PublicImages {
  readonly #kept = new LRUCache<PublicId, PublicImage>({
    max: maxImages,
    dispose: ({ image }) => this.#publicIds.delete(image.id),
  });
  readonly #publicIds = new Map<ImageId, PublicId>();
  /** Rises with each forgetting. */
  #generation = 0;

  constructor(private readonly read: Pick<StateReader, 'publicImage'>) {}

  recall(publicId: PublicId): PublicImage | undefined {
    return this.#kept.get(publicId);
  }

  async find(publicId: PublicId): Promise<PublicImage | null> {
    const kept = this.#kept.get(publicId);
    if (kept) return kept;
    const generation = this.#generation;
    const found = await this.read.publicImage(publicId);
    // a read that began before a write may have found what was before it
    if (found && generation === this.#generation) {
      this.#kept.set(publicId, found);
      this.#publicIds.set(found.image.id, publicId);
    }
    return found;
  }

  forget(ids: ReadonlySet<ImageId>): void {
    if (ids.size === 0) return;
    this.#generation += 1;
    for (const id of ids) {
      const publicId = this.#publicIds.get(id);
      if (publicId) this.#kept.delete(publicId);
    }
  }
}
