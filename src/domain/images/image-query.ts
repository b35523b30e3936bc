import type { AddressType } from './address.js';
import type { AccountId, ImageId, StoredMimeType } from './image.js';
import type { Locale } from './locale.js';

/** A range of values; both ends belong to it, an absent end is open. */
export interface Range<Value> {
  readonly min?: Value | undefined;
  readonly max?: Value | undefined;
}

/** Which addresses are meant; null for a text means that there is none. */
export interface AddressFilter {
  readonly types?: readonly AddressType[] | undefined;
  readonly entityId?: string | null | undefined;
  readonly ds?: string | null | undefined;
  readonly cid?: string | null | undefined;
}

/** Which images of an account are meant: those that meet every condition given. */
export interface ImageFilter {
  readonly mimeTypes?: readonly StoredMimeType[] | undefined;
  readonly disabled?: boolean | undefined;
  /** Part of the alternative text, compared by Unicode's case folding and compatibility composition. */
  readonly altTextContains?: string | undefined;
  /** Whether the alternative text is missing. */
  readonly altTextMissing?: boolean | undefined;
  /** Only images without an alternative text in exactly this language; null for the default one. */
  readonly altTextMissingIn?: Locale | null | undefined;
  /** Only images with an address, or only those without. */
  readonly addressed?: boolean | undefined;
  /** Only images at such an address. */
  readonly address?: AddressFilter | undefined;
  readonly createdOn?: Range<Date> | undefined;
  readonly updatedOn?: Range<Date> | undefined;
  readonly byteSize?: Range<number> | undefined;
}

export const imageSortKeys = ['createdOn', 'updatedOn', 'byteSize'] as const;
export type ImageSortKey = (typeof imageSortKeys)[number];

export interface ImageOrder {
  readonly key: ImageSortKey;
  readonly direction: 'asc' | 'desc';
}

export const newestFirst: ImageOrder = { key: 'createdOn', direction: 'desc' };

/** A place in an ordered list: the sort value and, among equals, the id of the image at that place. */
export interface ImagePosition {
  readonly value: Date | number;
  readonly id: ImageId;
}

export interface ImageQuery {
  readonly accountId: AccountId;
  readonly filter: ImageFilter;
  /** Images with equal sort values are ordered by id, in the same direction. */
  readonly order: ImageOrder;
  /** Only images behind this place in the order. */
  readonly after?: ImagePosition | undefined;
  /** Only images before this place in the order. */
  readonly before?: ImagePosition | undefined;
  /** The first images of what remains, or the last; both come in the order asked for. */
  readonly take: 'first' | 'last';
  readonly skip: number;
  readonly limit: number;
}

/** How much an account has. */
export interface AccountSize {
  readonly imageCount: number;
  /** The sum of the sizes of its images' files. */
  readonly byteSize: number;
}

/** A part of the list of accounts that have an image, which is sorted by id. */
export interface AccountQuery {
  readonly after?: AccountId | undefined;
  readonly before?: AccountId | undefined;
  readonly take: 'first' | 'last';
  readonly limit: number;
}
