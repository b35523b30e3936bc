import { LRUCache } from 'lru-cache';
import type { ImageId, PublicId } from '../domain/images/image.js';
import type { PublicImage, PublicImages, StateReader } from '../domain/ports.js';
import { RecentReads } from './recent-reads.js';

/** Each takes about 1 kB. */
const maxImages = 10_000;

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
        max: maxImages,
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
