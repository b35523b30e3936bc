import { type Demand, nobody } from '../../lib/demand.js';
import { SingleFlight, type Waiter } from '../../lib/single-flight.js';
import type { DeliveryDependencies } from '../dependencies.js';
import { DamagedOriginalError, NotFoundError } from '../errors.js';
import type { PublicImage } from '../ports.js';
import type { VariantPlan } from './transform/plan-variant.js';

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

/** The bytes of one variant. */
interface OpenedVariant {
  /** @see Delivery.peek */
  peek(): Uint8Array | undefined;
  /** @see Delivery.load */
  load(waiter: Waiter): Promise<LoadedVariant>;
  /** Has the variant rendered while the server has nothing else to do. Resolves with false if it is kept already. */
  renderAhead(signal: AbortSignal): Promise<boolean>;
}

export type OpenVariant = (etag: string, image: PublicImage, plan: VariantPlan) => OpenedVariant;

/** Where the bytes of variants come from: memory, then the disk, then the pipeline. */
export const variantOpener = ({
  blobs,
  processor,
  variantCache,
  failedRenders,
  renders,
  whenIdle,
  meter,
}: DeliveryDependencies): OpenVariant => {
  const flights = new SingleFlight<LoadedVariant>();
  return (etag, { image, source }, plan) => {
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
      const isAhead = [...demand.clients].every((client) => client === nobody);
      variantCache.put(key, bytes, isAhead);
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
      renderAhead: async (signal) => {
        if (await variantCache.has(key)) return false;
        // a request that comes for it meanwhile joins, and it is rendered in that client's turn
        await whenIdle(() => flights.run(key, render, { client: nobody, signal }), signal);
        return true;
      },
    };
  };
};
