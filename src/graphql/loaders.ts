import DataLoader from 'dataloader';
import type { Image, ImageBlob, ImageMetadata } from '../domain/image.js';
import type { ImageService } from '../domain/services/image-service.js';

/** Batches what the images of one request need from other tables: one SELECT for each kind, however many images. */
export interface Loaders {
  readonly metadata: DataLoader<Image, ImageMetadata, string>;
  readonly blob: DataLoader<Image, ImageBlob, string>;
}

export const createLoaders = (images: ImageService): Loaders => ({
  metadata: new DataLoader(
    async (batch) => orErrors(batch, await images.findMetadata(batch.map((image) => image.id))),
    // a mutation raises the revision, so a later field of the same document reads anew
    { cacheKeyFn: (image) => `${image.id}:${image.metadataRevision}` },
  ),
  blob: new DataLoader(async (batch) => orErrors(batch, await images.findBlobs(batch.map((image) => image.sha256))), {
    cacheKeyFn: (image) => image.sha256,
  }),
});

/** An image may be deleted between the read of its row and the read of what belongs to it. */
const orErrors = <Value>(batch: readonly Image[], values: readonly (Value | undefined)[]): (Value | Error)[] =>
  batch.map((image, index) => values[index] ?? new ImageGoneError(image));

class ImageGoneError extends Error {
  constructor(image: Image) {
    super(`The image ${image.id} was deleted while it was being read.`);
  }
}
