import type { Demand } from '../../lib/demand.js';
import { SingleFlight, type Waiter } from '../../lib/single-flight.js';
import type { DeliveryDependencies } from '../dependencies.js';
import { DamagedOriginalError, NotFoundError } from '../errors.js';
import { type Image, type MimeType, mimeTypeOf, type PublicId } from '../images/image.js';
import { foundOrBrought } from '../imports/read-through.js';
import type { PublicImage } from '../ports.js';
import { negotiateFormat } from './transform/negotiate-format.js';
import { planVariant, type VariantPlan, variantEtag } from './transform/plan-variant.js';
import type { Transform } from './transform/transform.js';

export interface DeliveryRequest {
  readonly publicId: PublicId;
  readonly transform: Transform;
  /** The version that the client's URL names, if it names one. */
  readonly version: number | null;
  /** The client's Accept header. */
  readonly accept: string | undefined;
}

/** The bytes of a variant that were not in memory, and what it took to get them. */
export interface LoadedVariant {
  readonly bytes: Uint8Array;
  /** Null if they were on the disk. */
  readonly render: {
    /** Finding the original, which may have to be fetched. */
    readonly readMs: number;
    readonly queueMs: number;
    readonly renderMs: number;
  } | null;
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
export const deliverImage = (dependencies: DeliveryDependencies): ((request: DeliveryRequest) => Promise<Delivery>) => {
  const { publicImages, limits, readThrough } = dependencies;
  const openVariant = variantOpener(dependencies);
  return async ({ publicId, transform, version, accept }) => {
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
};

/** Where the bytes of variants come from: memory, then the disk, then the pipeline. */
const variantOpener = ({ blobs, processor, variantCache, failedRenders, renders, meter }: DeliveryDependencies) => {
  const flights = new SingleFlight<LoadedVariant>();
  return (etag: string, { image, source }: PublicImage, plan: VariantPlan): Pick<Delivery, 'peek' | 'load'> => {
    const key = etag.slice(1, -1);

    /** The queue holds nothing but the render: the file is found before, the bytes are kept after. */
    const render = async (demand: Demand): Promise<LoadedVariant> => {
      failedRenders.throwIfKnown(image.sha256, key);
      const askedAt = performance.now();
      const file = await blobs.locate(image.sha256, demand);
      if (!file) throw new DamagedOriginalError(image.sha256, 'is missing');
      const foundAt = performance.now();
      let beganAt = foundAt;
      const bytes = await renders
        .run(() => {
          beganAt = performance.now();
          return processor
            .render({ file, sha256: image.sha256, size: source, frameCount: source.frameCount }, plan)
            .catch((error: unknown) => {
              throw failedRenders.add(image.sha256, key, error);
            });
        }, demand)
        .catch((error: unknown) => {
          // it was there a moment ago
          throw error instanceof NotFoundError ? new DamagedOriginalError(image.sha256, 'is missing') : error;
        })
        .finally(() => file.release?.());
      const renderMs = performance.now() - beganAt;
      variantCache.put(key, bytes);
      return { bytes, render: { readMs: foundAt - askedAt, queueMs: beganAt - foundAt, renderMs } };
    };

    const load = async (demand: Demand): Promise<LoadedVariant> => {
      const cached = await variantCache.get(key);
      meter.variantLookedUp(cached ? 'disk' : 'nowhere');
      return cached ? { bytes: cached, render: null } : render(demand);
    };

    return {
      peek: () => {
        const bytes = variantCache.peek(key);
        if (bytes) meter.variantLookedUp('memory');
        return bytes;
      },
      load: (waiter) => flights.run(key, load, waiter),
    };
  };
};
