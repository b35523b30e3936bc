/** What kind of thing an addressed image belongs to. */
export const addressTypes = [
  'BACKGROUND',
  'DOCUMENT_IMAGE',
  'FEEDBACK',
  'HEADER',
  'ICON',
  'LOGO',
  'UGC',
  'USER',
] as const;
export type AddressType = (typeof addressTypes)[number];

/** Where an image belongs. All but `docid` is its identity: no two images of an account share it. */
export interface Address {
  readonly type: AddressType;
  /** What it belongs to: a user, a content, a doctype, as the type has it. */
  readonly entityId: string | null;
  /** The datasource. */
  readonly ds: string | null;
  /** The content id, which distinguishes the images of one entity and datasource. */
  readonly cid: string | null;
  /** The document of a document image. It goes along and identifies nothing. */
  readonly docid: string | null;
}

/** A text that two addresses share only if they are one and the same place. */
export const identityOf = ({ type, entityId, ds, cid }: Address): string => JSON.stringify([type, entityId, ds, cid]);
