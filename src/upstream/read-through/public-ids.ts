import type { ImageId, PublicId } from '../../domain/images/image.js';
import type { Limits } from '../../domain/limits.js';
import type { Upstream } from '../upstream.js';

/**
 * Which images of an account have which public ids, as a list says that was read within the last minute: Moov's API finds no image by
 * its public id. However many public ids are looked for, the list is read once a minute.
 */
export class PublicIds {
  #images: ReadonlyMap<PublicId, ImageId> = new Map();
  #expiresAtMs = 0;

  constructor(
    private readonly limits: Pick<Limits, 'upstreamMissSeconds' | 'upstreamListed'>,
    private readonly now: () => Date,
  ) {}

  isRead(): boolean {
    return this.now().getTime() < this.#expiresAtMs;
  }

  /** The image as of the last list, which may be older. */
  get(publicId: PublicId): ImageId | undefined {
    return this.#images.get(publicId);
  }

  /** @throws {UpstreamError} */
  async read(upstream: Upstream): Promise<void> {
    const { upstreamListed, upstreamMissSeconds } = this.limits;
    const images = new Map<PublicId, ImageId>();
    let listed = 0;
    for await (const item of upstream.list()) {
      const { id, publicId } = 'image' in item ? item.image.kept : {};
      if (id && publicId) images.set(publicId, id);
      listed += 1;
      if (listed >= upstreamListed) break;
    }
    this.#images = images;
    this.#expiresAtMs = this.now().getTime() + upstreamMissSeconds * 1_000;
  }
}
