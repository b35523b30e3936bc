import type { KeyedMutex } from '../../lib/keyed-mutex.js';
import type { ChangeFeed } from '../change-feed.js';
import type { ImageId, PublicId } from '../image.js';
import type { Limits } from '../limits.js';
import type { BlobStore, ImageProcessor, State } from '../ports.js';

/** What the operations on images work with; the composition root builds it. */
export interface ImageDependencies {
  readonly state: State;
  readonly blobs: BlobStore;
  readonly processor: ImageProcessor;
  /** One lock for each hash: whoever puts, names or removes its bytes holds it. */
  readonly hashLocks: KeyedMutex;
  /** Tells what was committed to those who watch. */
  readonly changes: ChangeFeed;
  readonly limits: Limits;
  readonly now: () => Date;
  readonly newImageId: () => ImageId;
  readonly newPublicId: () => PublicId;
}

/** What the operations on metal images work with. */
export type MetalDependencies = Pick<ImageDependencies, 'state' | 'changes' | 'limits' | 'now'>;
