import { availableParallelism } from 'node:os';
import type { Sample } from '../compare.js';
import { fetchEach } from '../load/fetch-each.js';
import { Uploader } from '../load/upload.js';
import type { Product } from '../product.js';
import type { Source, Sources } from '../sources/sources.js';

/** A resize to 400 x 400 that was not asked for before. */
export interface PhotoVariant {
  readonly source: Source;
  /** Where the product serves it. */
  readonly url: string;
  readonly quality: number;
}

/** As many renders at a time as the product makes. */
export const parallelRenders = availableParallelism() + 1;

/** More clients than that, so that a render always waits for its turn. */
export const clients = 2 * availableParallelism();

/** Fetches all of the URLs and resolves with the number of responses per second. */
export const fetchVariants = async (urls: readonly string[]): Promise<Sample> => ({
  figure: await fetchEach(urls, clients),
  operations: urls.length,
});

const lowestQuality = 60;
const qualities = 30;
const focusSteps = 1_000;

/** Variants of 12-megapixel photos of which no two are the same, so that no cache has any of them. */
export const photoVariants = async (
  product: Product,
  sources: Sources,
): Promise<(count: number) => readonly PhotoVariant[]> => {
  const photos = await Promise.all([sources.photo(1), sources.photo(2)]);
  const uploader = new Uploader(product, 1);
  const links = new Map<Source, string>();
  for (const photo of photos) {
    const { publicId } = await uploader.upload([photo.bytes]);
    links.set(photo, `${product.url}/images/${publicId}`);
  }
  uploader.close();

  let made = 0;
  const next = (): PhotoVariant => {
    const quality = lowestQuality + (made % qualities);
    const focus = (Math.floor(made / qualities) % focusSteps) / focusSteps;
    const source = photos[made % photos.length] ?? photos[0];
    made += 1;
    return { source, quality, url: `${links.get(source)}?size=400x400&quality=${quality}&focus=${focus},0.5` };
  };
  return (count) => Array.from({ length: count }, next);
};
