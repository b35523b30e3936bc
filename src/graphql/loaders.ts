import DataLoader from 'dataloader';
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

export const createLoaders = (images: ImageService, metal: MetalImageService): Loaders => ({
  metadata: new DataLoader(
    async (batch) => orErrors(batch, await images.findMetadata(batch.map((image) => image.id))),
    // a mutation raises the revision, so a later field of the same document reads anew
    { cacheKeyFn: (image) => `${image.id}:${image.metadataRevision}` },
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
