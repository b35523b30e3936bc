import type { AccountId, Image, ImageId, PublicId } from '../images/image.js';
import type { MetalImage } from '../metal/metal-image.js';

export const imageChangeKinds = ['CREATED', 'UPDATED', 'DISABLED', 'ENABLED', 'DELETED'] as const;
export const metalImageChangeKinds = ['CREATED', 'UPDATED', 'DELETED'] as const;

/** A position in the journal of one database: everything up to and including `seq` is known. */
export interface ChangeCursor {
  /** The id of the database, as in `StateReader.storeId`. */
  readonly store: string;
  readonly seq: number;
}

/** A change of an image, as the journal has it. */
export interface ImageChange extends ChangeCursor {
  readonly of: 'image';
  readonly occurredOn: Date;
  readonly kind: (typeof imageChangeKinds)[number];
  readonly imageId: ImageId;
  readonly accountId: AccountId;
  /** As the change left it, or as it was when the journal was read; null if it is gone by then. */
  readonly image: Image | null;
}

/** A change of a metal image, as the journal has it. */
export interface MetalImageChange extends ChangeCursor {
  readonly of: 'metalImage';
  readonly occurredOn: Date;
  readonly kind: (typeof metalImageChangeKinds)[number];
  readonly imageId: string;
  readonly image: MetalImage | null;
}

export type Change = ImageChange | MetalImageChange;

/** A change of an image without the image: what is left of it, whatever happened since. */
export interface JournalEntry extends ChangeCursor, Pick<ImageChange, 'occurredOn' | 'kind' | 'imageId' | 'accountId'> {
  readonly publicId: PublicId;
}

/** What one transaction did. */
export interface Commit {
  /** In their order. Empty if it is not known whether the transaction was committed, or if another server committed it. */
  readonly changes: readonly Change[];
  /** Everything that was written, whether or not the transaction was committed: caches drop these. Null means all images. */
  readonly writtenImages: ReadonlySet<ImageId> | null;
  readonly isCertain: boolean;
}

/** Hands commits to everything that follows from a write. */
export interface ChangeBus {
  /**
   * Delivers to every consumer before it returns, so that a write is acknowledged only when all caches are valid. It never throws: the
   * write is committed, whatever a consumer makes of it.
   */
  publish(commit: Commit): void;
  /** Calls the consumer with each commit from now on, in the order of commits. */
  consume(consumer: (commit: Commit) => void): void;
}

/** Reads the journal; each method is one or two SELECTs. */
export interface ChangeReader {
  /** The sequence number of the newest change; 0 if there never was one. */
  head(): Promise<number>;
  /** The oldest changes that are retained. */
  oldest(limit: number): Promise<Pick<Change, 'seq' | 'occurredOn'>[]>;
  images(accountId: AccountId, after: number, limit: number): Promise<ImageChange[]>;
  /** The changes of the images of an account, without the images. */
  entries(accountId: AccountId, after: number, limit: number): Promise<JournalEntry[]>;
  metalImages(after: number, limit: number): Promise<MetalImageChange[]>;
  /** Which images changed, of all accounts. */
  changedImages(after: number, limit: number): Promise<Pick<JournalEntry, 'seq' | 'publicId'>[]>;
}

/** The form in which clients get a cursor. */
export const encodeChangeCursor = ({ store, seq }: ChangeCursor): string =>
  Buffer.from(JSON.stringify([store, seq]), 'utf8').toString('base64url');

/** Null for text that is not a cursor of any database. */
export const decodeChangeCursor = (text: string): ChangeCursor | null => {
  try {
    const [store, seq]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const isCursor = typeof store === 'string' && Number.isSafeInteger(seq) && Number(seq) >= 0;
    return isCursor ? { store, seq: Number(seq) } : null;
  } catch {
    return null;
  }
};
