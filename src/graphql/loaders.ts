import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import { NotFoundError } from '../domain/errors.js';
import type { Image, ImageBlob, ImageMetadata } from '../domain/images/image.js';
import type { ImageService } from '../domain/images/image-service.js';
import type { MetalImage } from '../domain/metal/metal-image.js';
import type { MetalImageService } from '../domain/metal/metal-image-service.js';
import type { Turns } from '../lib/turns.js';

/** Batches what the images of one request need from other tables: one SELECT for each kind, however many images. */
export interface Loaders {
  /** Not a promise if it is in memory: a page of images that waits for nothing is executed in one go. */
  readonly metadata: (image: Image) => ImageMetadata | Promise<ImageMetadata>;
  readonly blob: DataLoader<Image, ImageBlob, string>;
  /** The ids of the machines that run on a metal image. */
  readonly metalUses: DataLoader<MetalImage, string[]>;
}

/** Each takes about 1 kB. */
const maxKnownMetadata = 10_000;

/** Recently read metadata, by image and revision, for the loaders of all requests. */
export type KnownMetadata = LRUCache<string, ImageMetadata>;

export const createKnownMetadata = (): KnownMetadata => new LRUCache({ max: maxKnownMetadata });

interface LoaderSources {
  readonly images: ImageService;
  readonly metal: MetalImageService;
  readonly known: KnownMetadata;
  readonly turns: Turns;
}

export const createLoaders = ({ images, metal, known, turns }: LoaderSources): Loaders => {
  const metadata = metadataLoader(images, known);
  const blob = new DataLoader<Image, ImageBlob, string>(
    async (batch) => {
      const found = await images.findBlobs(batch.map((image) => image.sha256));
      // the variants of a whole page are planned when this resolves
      await turns.take();
      return orErrors(batch, found);
    },
    { cacheKeyFn: (image) => image.sha256 },
  );
  return {
    metadata: (image) => known.get(revisionOf(image)) ?? metadata.load(image),
    blob,
    // not kept: a later mutation of the same document changes them, and they have no revision
    metalUses: new DataLoader((batch) => metal.findUses(batch.map((image) => image.id)), { cache: false }),
  };
};

/** Every change raises the revision in the row that was read, so what is known under it holds for ever. */
const revisionOf = (image: Image): string => `${image.id}:${image.metadataRevision}`;

const metadataLoader = (images: ImageService, known: KnownMetadata): DataLoader<Image, ImageMetadata, string> =>
  new DataLoader(
    async (batch) => {
      const found = await images.findMetadata(batch.map((image) => image.id));
      for (const [index, image] of batch.entries()) known.set(revisionOf(image), found[index]);
      return orErrors(batch, found);
    },
    { cacheKeyFn: revisionOf },
  );

/** An image may be deleted between the read of its row and the read of what belongs to it. */
const orErrors = <Value>(batch: readonly Image[], values: readonly (Value | undefined)[]): (Value | Error)[] =>
  batch.map((_image, index) => values[index] ?? new NotFoundError('The image was deleted while it was read.'));
