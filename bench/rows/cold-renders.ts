import type { Sample } from '../compare.js';
import { fetchEach } from '../load/fetch-each.js';
import { Uploader } from '../load/upload.js';
import type { Product } from '../product.js';
import type { Source, Sources } from '../sources/sources.js';
import { clients } from './render-clients.js';

export const coldFormats = ['jpeg', 'webp', 'png'] as const;
export type ColdFormat = (typeof coldFormats)[number];

export const quality = 80;
const width = 400;
const longestHeight = 400;
const heights = 20;
/** A crop of a 4:3 photo to a square moves between these: nearer to an edge, its focus is clamped. */
const [firstFocus, lastFocus] = [0.38, 0.62];
/** Steps of more than a pixel: what leads to the same crop is the same variant. */
const focusSteps = 100;

/** A render of a 12-megapixel photo that was not requested before. */
export interface ColdRender {
  readonly source: Source;
  readonly width: number;
  readonly height: number;
  /** Where the product serves it. */
  readonly url: string;
}

/** Renders of which no two are the same, so that no cache has any of them. */
export class ColdRenders {
  #made = 0;

  private constructor(
    private readonly product: Product,
    private readonly format: ColdFormat,
    private readonly photos: readonly { readonly source: Source; readonly link: string }[],
  ) {}

  static async open(product: Product, sources: Sources, format: ColdFormat): Promise<ColdRenders> {
    const uploader = new Uploader(product, 1);
    const photos: { source: Source; link: string }[] = [];
    for (const source of await Promise.all([sources.photo(1), sources.photo(2)])) {
      const { publicId } = await uploader.upload([source.bytes]);
      photos.push({ source, link: `${product.url}/images/${publicId}` });
    }
    uploader.close();
    return new ColdRenders(product, format, photos);
  }

  take(count: number): readonly ColdRender[] {
    return Array.from({ length: count }, () => this.#next());
  }

  /** @throws if the product rendered fewer of the images than were requested. */
  async fetchFromProduct(count: number): Promise<Sample> {
    const before = await this.#rendered();
    const sample = await fetchAll(this.take(count).map(({ url }) => url));
    const rendered = (await this.#rendered()) - before;
    if (rendered !== count) throw new Error(`Of ${count} cold variants only ${rendered} were rendered.`);
    return sample;
  }

  async #rendered(): Promise<number> {
    const text = await (await fetch(`${this.product.url}/metrics`)).text();
    const [, found = '0'] = /variant_lookups_total\{found="nowhere"\} (\d+)/.exec(text) ?? [];
    return Number(found);
  }

  #next(): ColdRender {
    const number = this.#made;
    this.#made += 1;
    const step = Math.floor(number / focusSteps);
    if (step >= heights) throw new Error('There are no more variants that differ.');
    const height = longestHeight - step;
    const photo = this.photos[number % this.photos.length];
    if (!photo) throw new Error('There is no photo.');
    const focus = firstFocus + ((lastFocus - firstFocus) * (number % focusSteps)) / focusSteps;
    const query = `size=${width}x${height}&format=${this.format}&focus=${focus.toFixed(4)},0.5`;
    return {
      source: photo.source,
      width,
      height,
      url: `${photo.link}?${query}${this.format === 'png' ? '' : `&quality=${quality}`}`,
    };
  }
}

/** Fetches all of the URLs and resolves with the number of responses per second. */
export const fetchAll = async (urls: readonly string[]): Promise<Sample> => ({
  figure: await fetchEach(urls, clients),
  operations: urls.length,
});
