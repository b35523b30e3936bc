import type { Waiter } from '../../lib/single-flight.js';
import type { DeliveryDependencies } from '../dependencies.js';
import { NotFoundError } from '../errors.js';
import { type Image, type MimeType, mimeTypeOf, type PublicId } from '../images/image.js';
import { foundOrBrought } from '../imports/read-through.js';
import type { LoadedVariant, OpenVariant } from './open-variant.js';
import { negotiateFormat } from './transform/negotiate-format.js';
import { planVariant, variantEtag } from './transform/plan-variant.js';
import type { Transform } from './transform/transform.js';

export interface DeliveryRequest {
  readonly publicId: PublicId;
  readonly transform: Transform;
  /** The version that the client's URL names, if it names one. */
  readonly version: number | null;
  /** The client's Accept header. */
  readonly accept: string | undefined;
}

/** A public variant, described before anything is read or decoded. */
export interface Delivery {
  /** What it is rendered from. */
  readonly image: Image;
  readonly etag: string;
  readonly mimeType: MimeType;
  /** Whether the client's URL will never serve other bytes. */
  readonly immutable: boolean;
  /** False if the client's URL names a version that is not known here yet: no cache may keep the response. */
  readonly mayBeKept: boolean;
  /** Whether the same request would get the same response now; also false if that is not known without reading the state. */
  isCurrent(): boolean;
  /** The bytes, if they are in memory. */
  peek(): Uint8Array | undefined;
  /**
   * The bytes from the cache, or from a new render, or from one of the same variant that is running.
   * @param waiter A variant that nobody waits for any more is not rendered, unless that has begun.
   * @throws {UnavailableError} {@link RenderTimeoutError} {@link CorruptImageError}, or an error if the image was replaced or
   *   deleted meanwhile
   */
  load(waiter: Waiter): Promise<LoadedVariant>;
}

/** The public, which shares the places for lookups as one client: what it asks for and nobody has costs no request of its own. */
const anyone = { client: 'public' };

const noSuchPublicImage = (): NotFoundError => new NotFoundError('No image has this public id.');

/** Public: anyone who knows the public id of an image gets its variants, even while it is disabled. */
export const deliverImage =
  (
    { publicImages, limits, readThrough }: DeliveryDependencies,
    openVariant: OpenVariant,
  ): ((request: DeliveryRequest) => Promise<Delivery>) =>
  async ({ publicId, transform, version, accept }) => {
    const kept = await foundOrBrought(
      () => publicImages.find(publicId),
      readThrough && (() => readThrough.publicImage({ publicId, accountId: null }, anyone)),
    );
    const isBehind = (version ?? 0) > (kept?.image.version ?? 0) && publicImages.mayLag;
    const found = isBehind ? await publicImages.refresh(publicId) : kept;
    if (!found) throw noSuchPublicImage();
    const { image, source, focalPoint } = found;
    const format = negotiateFormat({ accept, transform, source, limits });
    const plan = planVariant({ transform, format, source, focalPoint, limits });
    const etag = variantEtag(image.sha256, plan);
    return {
      image,
      etag,
      mimeType: mimeTypeOf(plan.format),
      immutable: version === image.version,
      // a cache would keep the old image under the URL of the new one
      mayBeKept: !(isBehind && (version ?? 0) > image.version),
      isCurrent: () => publicImages.peek(publicId) === found,
      ...openVariant(etag, found, plan),
    };
  };
