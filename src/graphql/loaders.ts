import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import { NotFoundError } from '../domain/errors.js';
import type { AccountId, Image, ImageBlob, ImageMetadata } from '../domain/images/image.js';
import type { AccountSize } from '../domain/images/image-query.js';
import type { ImageService } from '../domain/images/image-service.js';
import type { MetalImage } from '../domain/metal/metal-image.js';
import type { MetalImageService } from '../domain/metal/metal-image-service.js';
import type { Webhook, WebhookDelivery } from '../domain/webhooks/webhook.js';
import type { WebhookService } from '../domain/webhooks/webhook-service.js';
import type { Turns } from '../lib/turns.js';

/** Batches what the images of one request need from other tables: one SELECT for each kind, however many images. */
export interface Loaders {
  /** Not a promise if it is in memory: a page of images that waits for nothing is executed in one go. */
  readonly metadata: (image: Image) => ImageMetadata | Promise<ImageMetadata>;
  /** Not a promise if it is in memory either. */
  readonly facts: (image: Image) => ImageBlob | Promise<ImageBlob>;
  /** In a turn of its own, for the variants of a whole page. */
  readonly blob: DataLoader<Image, ImageBlob, string>;
  readonly accountSizes: DataLoader<AccountId, AccountSize>;
  /** The ids of the machines that run on a metal image. */
  readonly metalUses: DataLoader<MetalImage, string[]>;
  readonly deliveries: DataLoader<Webhook, WebhookDelivery[]>;
}

/** Each of either kind takes about 1 kB. */
const maxKnown = 10_000;

/** What was read recently, for the loaders of all requests. A key's value never changes. */
export interface Known {
  /** By image and revision. */
  readonly metadata: LRUCache<string, ImageMetadata>;
  /** The facts of a file by its SHA-256. */
  readonly blobs: LRUCache<string, ImageBlob>;
}

export const createKnown = (): Known => ({
  metadata: new LRUCache({ max: maxKnown }),
  blobs: new LRUCache({ max: maxKnown }),
});

interface LoaderSources {
  readonly images: ImageService;
  readonly metal: MetalImageService;
  readonly webhooks: WebhookService;
  readonly known: Known;
  readonly turns: Turns;
}

export const createLoaders = ({ images, metal, webhooks, known, turns }: LoaderSources): Loaders => {
  const metadata = metadataLoader(images, known.metadata);
  const blob = new DataLoader<Image, ImageBlob, string>(
    async (batch) => {
      const found = await findBlobs(images, known.blobs, batch);
      // the variants of a whole page are planned when this resolves
      await turns.take();
      return orErrors(batch, found);
    },
    { cacheKeyFn: (image) => image.sha256 },
  );
  return {
    metadata: (image) => known.metadata.get(revisionOf(image)) ?? metadata.load(image),
    facts: (image) => known.blobs.get(image.sha256) ?? blob.load(image),
    blob,
    accountSizes: new DataLoader((accountIds) => images.measureAccounts(accountIds)),
    // not kept: a later mutation of the same document changes them, and they have no revision
    metalUses: new DataLoader((batch) => metal.findUses(batch.map((image) => image.id)), { cache: false }),
    // not kept: a test event in the same document adds to them
    deliveries: new DataLoader((batch) => webhooks.findDeliveries(batch.map(({ id }) => id)), { cache: false }),
  };
};

/** Every change raises the revision in the row that was read, so what is known under it holds for ever. */
const revisionOf = (image: Image): string => `${image.id}:${image.metadataRevision}`;

/** One SELECT for those that are not known. */
const findBlobs = async (
  images: ImageService,
  known: Known['blobs'],
  batch: readonly Image[],
): Promise<(ImageBlob | undefined)[]> => {
  const blobs = new Map(batch.map(({ sha256 }) => [sha256, known.get(sha256)]));
  const unknown = [...blobs.keys()].filter((sha256) => !blobs.get(sha256));
  const found = unknown.length > 0 ? await images.findBlobs(unknown) : [];
  for (const [index, sha256] of unknown.entries()) {
    known.set(sha256, found[index]);
    blobs.set(sha256, found[index]);
  }
  return batch.map(({ sha256 }) => blobs.get(sha256));
};

const metadataLoader = (images: ImageService, known: Known['metadata']): DataLoader<Image, ImageMetadata, string> =>
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
