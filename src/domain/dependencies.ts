import type { BoundedQueue } from '../lib/bounded-queue.js';
import type { KeyedMutex } from '../lib/keyed-mutex.js';
import type { ChangeFeed } from './changes/change-feed.js';
import type { FailedRenders } from './delivery/failed-renders.js';
import type { ImageId, PublicId } from './images/image.js';
import type { Locale } from './images/locale.js';
import type { ReadThrough } from './imports/read-through.js';
import type { Limits } from './limits.js';
import type { UrlProbe } from './metal/metal-ports.js';
import type {
  BlobStore,
  ByteKeeper,
  ByteStore,
  ImageFacts,
  ImageProcessor,
  Meter,
  PublicImages,
  RemoteFiles,
  Spool,
  SpooledFile,
  StagingArea,
  State,
  StorageSpace,
  VariantCache,
} from './ports.js';
import type { WebhookId } from './webhooks/webhook.js';
import type { MessageSender } from './webhooks/webhook-ports.js';

/** What the operations on images work with; the composition root builds it. */
export interface ImageDependencies {
  readonly state: State & ByteKeeper;
  readonly blobs: BlobStore;
  readonly space: StorageSpace;
  /** Decodes an uploaded file, once however often it is asked for. Few run at a time, in turns among clients, so memory stays bounded. */
  readonly inspect: (file: SpooledFile, client: string) => Promise<ImageFacts>;
  /** How long bytes that no image names are kept: a database that is restored from a backup may name them. */
  readonly bytesGraceMs: number;
  /** How long the journal keeps changes. */
  readonly changeRetentionMs: number;
  readonly failedRenders: FailedRenders;
  /** One lock for each hash, held while its bytes are put, named or removed. */
  readonly hashLocks: KeyedMutex;
  /** Streams the journal to subscribers. */
  readonly changes: ChangeFeed;
  readonly limits: Limits;
  /** The language of `altText`. */
  readonly defaultLocale: Locale;
  readonly meter: Meter;
  readonly now: () => Date;
  readonly newImageId: () => ImageId;
  readonly newPublicId: () => PublicId;
  /** Absent if the server reads through to no API. */
  readonly readThrough?: ReadThrough | undefined;
}

/** What importing images needs: a tool has it, without the rest of a server. */
export interface ImportDependencies
  extends Pick<
    ImageDependencies,
    | 'state'
    | 'space'
    | 'inspect'
    | 'failedRenders'
    | 'hashLocks'
    | 'limits'
    | 'defaultLocale'
    | 'meter'
    | 'now'
    | 'newImageId'
    | 'newPublicId'
  > {
  readonly blobs: Pick<ByteStore, 'put'>;
}

/** What staged uploads need. */
export interface StagingDependencies extends Pick<ImageDependencies, 'space' | 'limits' | 'now'> {
  readonly staging: StagingArea;
  readonly spool: Spool;
  /** One lock for each account, held while its uploads are counted and created. */
  readonly accountLocks: KeyedMutex;
}

/** What uploads from URLs need. */
export interface FetchDependencies extends Pick<StagingDependencies, 'spool' | 'limits'> {
  /** Absent if the server fetches no files. */
  readonly remoteFiles?: RemoteFiles | undefined;
  readonly fetches: BoundedQueue;
}

/** What the operations on metal images work with. */
export interface MetalDependencies extends Pick<ImageDependencies, 'changes' | 'limits' | 'now' | 'readThrough'> {
  readonly state: State;
  /** Absent where URLs are taken as they are. */
  readonly urlProbe?: UrlProbe | undefined;
}

/** What serving public variants needs. */
export interface DeliveryDependencies
  extends Pick<ImageDependencies, 'blobs' | 'failedRenders' | 'limits' | 'meter' | 'readThrough'> {
  readonly processor: ImageProcessor;
  readonly publicImages: PublicImages;
  readonly variantCache: VariantCache;
  /** Few variants are rendered at a time, in turns among clients; what does not fit into the queue is refused. */
  readonly renders: BoundedQueue;
  /** Runs work on images that nobody waits for while no upload is decoded. */
  readonly whenIdle: <Result>(work: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;
}

/** What the operations on webhooks work with. */
export interface WebhookDependencies {
  readonly state: State;
  readonly changes: Pick<ChangeFeed, 'head'>;
  readonly sender: MessageSender;
  /** Test events are sent a few at a time, in turns among callers. */
  readonly testSends: BoundedQueue;
  readonly limits: Limits;
  readonly now: () => Date;
  readonly newWebhookId: () => WebhookId;
  /** Called after each change: there may be something to deliver. */
  readonly onChange: () => void;
}
