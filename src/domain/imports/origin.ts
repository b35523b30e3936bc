import type { ImageId } from '../images/image.js';

/** Where an image was imported from. */
export interface Origin {
  /** The API and, if it has accounts, the account: what is removed with it is removed from here. */
  readonly source: string;
  /** Differs if the source has changed the image since. */
  readonly revision: string;
}

/** What has an origin: an image, or a metal image. */
export type ImportedId =
  | { readonly imageId: ImageId; readonly metalImageId?: undefined }
  | { readonly metalImageId: string; readonly imageId?: undefined };

/** An entry in the list of what was imported from a source, in the order of the first imports. */
export interface ImportedEntry {
  readonly position: number;
  readonly id: ImportedId;
}

/** Each method is one SELECT. */
export interface OriginReader {
  find(id: ImportedId): Promise<Origin | null>;
  /** At most `limit` of what was imported from a source, after a position. */
  list(source: string, after: number, limit: number): Promise<ImportedEntry[]>;
}

export interface OriginWriter extends OriginReader {
  /** Only after a write of the same transaction to what it belongs to, which a concurrent change loses to. */
  save(id: ImportedId, origin: Origin): Promise<void>;
}
