import { isDeepStrictEqual } from 'node:util';
import { DuplicateImageError } from '../errors.js';
import type { AcceptedFile } from '../originals/accept-file.js';
import type { ImageColumns, StateWriter } from '../ports.js';
import { noSuchImage } from './find-images.js';
import { extensionOf, type Image, type ImageMetadata } from './image.js';
import { type EditableMetadata, emptyMetadata, type MetadataInput, sameFocalPoint } from './metadata.js';

/** Absent keeps the metadata, null clears it. */
export type OptionalMetadata = MetadataInput | null | undefined;

/** Makes the new metadata from the present. */
export type MetadataEdit = (current: ImageMetadata) => ImageMetadata;

export const editOf = (
  given: OptionalMetadata,
  apply: (current: EditableMetadata, given: MetadataInput) => EditableMetadata,
): MetadataEdit => {
  if (given === undefined) return (current) => current;
  return (current) => ({ ...current, ...(given === null ? emptyMetadata : apply(current, given)) });
};

/** The edit, and then the text of the file for an image that has no alternative text and is not given one, which may be null. */
export const adopting = (edit: MetadataEdit, given: OptionalMetadata, text: string | null): MetadataEdit => {
  if (given === null || given?.altText !== undefined) return edit;
  return (current) => {
    const edited = edit(current);
    return { ...edited, altText: edited.altText ?? text };
  };
};

/** What a change does to an image. */
export interface ImageEdit {
  readonly accepted: AcceptedFile | undefined;
  readonly edit: MetadataEdit;
  /** The new file name. Null clears it; absent means that of a new file, if it has one. */
  readonly fileName?: string | null | undefined;
}

/**
 * Writes what changes of an image, its revisions with it, and nothing where nothing does.
 * @throws {DuplicateImageError} where another image of the account has the bytes and neither of them has an address.
 */
export const applyChange = async (
  writer: StateWriter,
  before: Image,
  { accepted, edit, fileName }: ImageEdit,
  now: Date,
): Promise<Image> => {
  const metadata = await writer.metadata(before.id);
  if (!metadata) throw noSuchImage(before.id);
  const fileChange = await changeOfFile(writer, before, metadata, accepted);
  const edited = { ...edit(metadata), ext: extensionOf(fileChange?.mimeType ?? before.mimeType) };
  const focusMoved = !sameFocalPoint(edited.focalPoint, metadata.focalPoint);
  const metadataChanged = !isDeepStrictEqual(edited, metadata);
  const name = fileName === undefined ? (fileChange?.fileName ?? before.fileName) : fileName;
  const nameChanged = name !== before.fileName;
  if (!fileChange && !metadataChanged && !nameChanged) return before;
  // the image first: of two writers that read the same image, one stops here before it writes anything
  const image = await writer.updateImage(before, {
    ...fileChange,
    fileName: name,
    version: before.version + (fileChange || focusMoved ? 1 : 0),
    metadataRevision: before.metadataRevision + (metadataChanged || nameChanged ? 1 : 0),
    updatedOn: now,
  });
  if (metadataChanged) await writer.updateMetadata({ ...edited, updatedOn: now });
  return image;
};

const changeOfFile = async (
  writer: StateWriter,
  before: Image,
  { address }: ImageMetadata,
  accepted: AcceptedFile | undefined,
): Promise<Omit<ImageColumns, 'updatedOn'> | undefined> => {
  if (!accepted || accepted.blob.sha256 === before.sha256) return undefined;
  const { sha256, mimeType, byteSize } = accepted.blob;
  const existing = address ? null : await writer.imageByBytes(before.accountId, sha256);
  if (existing) throw new DuplicateImageError(existing);
  return { sha256, mimeType, byteSize, fileName: accepted.file.fileName ?? before.fileName };
};
