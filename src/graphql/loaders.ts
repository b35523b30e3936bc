import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import { NotFoundError } from '../domain/errors.js';
import type { Caller } from '../domain/identity/caller.js';
import type { Translations } from '../domain/images/alt-texts.js';
import {
  type AccountId,
  type EmbeddedTexts,
  factsVersions,
  formatOf,
  type Image,
  type ImageBlob,
  type ImageMetadata,
} from '../domain/images/image.js';
import type { AccountSize } from '../domain/images/image-query.js';
import type { ImageService } from '../domain/images/image-service.js';
import type { MetalImage } from '../domain/metal/metal-image.js';
import type { MetalImageService } from '../domain/metal/metal-image-service.js';
import type { Webhook, WebhookDelivery } from '../domain/webhooks/webhook.js';
import type { WebhookService } from '../domain/webhooks/webhook-service.js';
import type { Turns } from '../lib/turns.js';

/** Each of either kind takes about 1 kB. */
const maxKnown = 10_000;

/** In UTF-16 units: about 16 MB. */
const maxKnownTexts = 8 * 1024 * 1024;

/** Images whose texts are read in a turn of the event loop: each may have `altTextLocales` long ones. */
const maxTranslated = 50;

/** What was read recently, for the loaders of all requests. A key's value never changes: older facts are not kept. */
export interface Known {
  /** By image and revision. */
  readonly metadata: LRUCache<string, ImageMetadata>;
  /** The facts of a file by its SHA-256. */
  readonly blobs: LRUCache<string, ImageBlob>;
  /** By the metadata, which are another object after each change of the image. */
  readonly translations: LRUCache<ImageMetadata, Translations>;
}

export const createKnown = (): Known => ({
  metadata: new LRUCache({ max: maxKnown }),
  blobs: new LRUCache({ max: maxKnown }),
  translations: new LRUCache({
    max: maxKnown,
    maxSize: maxKnownTexts,
    sizeCalculation: (texts) => [...texts.values()].reduce((sum, text) => sum + text.length, 1),
  }),
});

interface LoaderSources {
  readonly images: ImageService;
  readonly metal: MetalImageService;
  readonly webhooks: WebhookService;
  readonly known: Known;
  readonly turns: Turns;
}

/** Batches what the images of one request need from other tables: one SELECT for each kind, however many images. */
export class Loaders {
  // each is made when it is first needed: most requests need none, and find what they show in memory
  #metadata: DataLoader<Image, ImageMetadata, string> | undefined;
  #translations: DataLoader<ImageMetadata, Translations> | undefined;
  #blob: DataLoader<Image, ImageBlob, string> | undefined;
  #embedded: DataLoader<Image, EmbeddedTexts, string> | undefined;
  #accountSizes: DataLoader<AccountId, AccountSize> | undefined;
  #metalUses: DataLoader<MetalImage, string[]> | undefined;
  #deliveries: DataLoader<Webhook, WebhookDelivery[]> | undefined;

  constructor(private readonly sources: LoaderSources) {}

  /** Not a promise if it is in memory: a page of images that waits for nothing is executed in one go. */
  metadata(image: Image): ImageMetadata | Promise<ImageMetadata> {
    const { images, known } = this.sources;
    const found = known.metadata.get(revisionOf(image));
    if (found) return found;
    this.#metadata ??= metadataLoader(images, known.metadata);
    return this.#metadata.load(image);
  }

  /** The alternative texts in other languages than the default one. Not a promise if they are in memory. */
  translations(metadata: ImageMetadata): Translations | Promise<Translations> {
    const { known } = this.sources;
    const found = known.translations.get(metadata);
    if (found) return found;
    this.#translations ??= translationLoader(this.sources);
    return this.#translations.load(metadata);
  }

  /** Not a promise if it is in memory either. */
  facts(image: Image): ImageBlob | Promise<ImageBlob> {
    return this.sources.known.blobs.get(image.sha256) ?? this.blob.load(image);
  }

  /** In a turn of its own, for the variants of a whole page. */
  get blob(): DataLoader<Image, ImageBlob, string> {
    this.#blob ??= blobLoader(this.sources);
    return this.#blob;
  }

  /** What the file of an image says about itself. @param caller That of the request. */
  embedded(caller: Caller, image: Image): Promise<EmbeddedTexts> {
    const { images } = this.sources;
    this.#embedded ??= new DataLoader((batch) => images.findEmbedded(caller, batch), {
      cacheKeyFn: ({ accountId, sha256 }) => `${accountId}:${sha256}`,
    });
    return this.#embedded.load(image);
  }

  get accountSizes(): DataLoader<AccountId, AccountSize> {
    const { images } = this.sources;
    this.#accountSizes ??= new DataLoader((accountIds) => images.measureAccounts(accountIds));
    return this.#accountSizes;
  }

  /** The ids of the machines that run on a metal image. */
  get metalUses(): DataLoader<MetalImage, string[]> {
    const { metal } = this.sources;
    // not kept: a later mutation of the same document changes them, and they have no revision
    this.#metalUses ??= new DataLoader((batch) => metal.findUses(batch.map(({ id }) => id)), { cache: false });
    return this.#metalUses;
  }

  get deliveries(): DataLoader<Webhook, WebhookDelivery[]> {
    const { webhooks } = this.sources;
    // not kept: a test event in the same document adds to them
    this.#deliveries ??= new DataLoader((batch) => webhooks.findDeliveries(batch.map(({ id }) => id)), {
      cache: false,
    });
    return this.#deliveries;
  }
}

const blobLoader = ({ images, known, turns }: LoaderSources): DataLoader<Image, ImageBlob, string> =>
  new DataLoader(
    async (batch) => {
      const found = await findBlobs(images, known.blobs, batch);
      // the variants of a whole page are planned when this resolves
      await turns.take();
      return orErrors(batch, found);
    },
    { cacheKeyFn: (image) => image.sha256 },
  );

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
    const blob = found[index];
    // those of an older version are found again while the server runs
    if (blob && blob.factsVersion === factsVersions[formatOf(blob.mimeType)]) known.set(sha256, blob);
    blobs.set(sha256, blob);
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

const translationLoader = ({ images, known, turns }: LoaderSources): DataLoader<ImageMetadata, Translations> =>
  new DataLoader(
    async (batch) => {
      await turns.take();
      const found = await images.findTranslations(batch.map(({ imageId }) => imageId));
      for (const [index, metadata] of batch.entries()) known.translations.set(metadata, found[index]);
      return found;
    },
    { maxBatchSize: maxTranslated },
  );

/** An image may be deleted between the read of its row and the read of what belongs to it. */
const orErrors = <Value>(batch: readonly Image[], values: readonly (Value | undefined)[]): (Value | Error)[] =>
  batch.map((_image, index) => values[index] ?? new NotFoundError('The image was deleted while it was read.'));
