import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import type { Image, ImageBlob, ImageMetadata } from '../domain/image.js';
import type { MetalImage } from '../domain/metal/metal-image.js';
import type { ImageService } from '../domain/services/image-service.js';
import type { MetalImageService } from '../domain/services/metal-image-service.js';

/** Batches what the images of one request need from other tables: one SELECT for each kind, however many images. */
export interface Loaders {
  readonly metadata: DataLoader<Image, ImageMetadata, string>;
  readonly blob: DataLoader<Image, ImageBlob, string>;
  /** The ids of the machines that run on a metal image. */
  readonly metalUses: DataLoader<MetalImage, string[]>;
}

/** Each takes about 1 kB. */
const maxKnownMetadata = 10_000;

/** Metadata that was read lately, by image and revision, for the loaders of all requests. */
export type KnownMetadata = LRUCache<string, Promise<ImageMetadata>>;

export const createKnownMetadata = (): KnownMetadata => new LRUCache({ max: maxKnownMetadata });

export const createLoaders = (images: ImageService, metal: MetalImageService, known: KnownMetadata): Loaders => ({
  metadata: new DataLoader(
    async (batch) => orErrors(batch, await images.findMetadata(batch.map((image) => image.id))),
    // every change raises the revision in the row that was read, so what is known under it holds for ever
    { cacheKeyFn: (image) => `${image.id}:${image.metadataRevision}`, cacheMap: known },
  ),
  blob: new DataLoader(async (batch) => orErrors(batch, await images.findBlobs(batch.map((image) => image.sha256))), {
    cacheKeyFn: (image) => image.sha256,
  }),
  // not kept: a later mutation of the same document changes them, and no revision tells
  metalUses: new DataLoader((batch) => metal.findUses(batch.map((image) => image.id)), { cache: false }),
});

/** An image may be deleted between the read of its row and the read of what belongs to it. */
const orErrors = <Value>(batch: readonly Image[], values: readonly (Value | undefined)[]): (Value | Error)[] =>
  batch.map((image, index) => values[index] ?? new ImageGoneError(image));

class ImageGoneError extends Error {
  constructor(image: Image) {
    super(`The image ${image.id} was deleted while it was being read.`);
  }
}
