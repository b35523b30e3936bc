import { isDeepStrictEqual } from 'node:util';
import { DuplicateImageError } from '../errors.js';
import type { AcceptedFile } from '../originals/accept-file.js';
import type { ImageColumns, StateWriter } from '../ports.js';
import { changesOf, type TranslationChanges, type Translations } from './alt-texts.js';
import { noSuchImage } from './find-images.js';
import { extensionOf, type Image, type ImageMetadata } from './image.js';
import {
  type CheckedMetadata,
  emptyMetadata,
  type MetadataInput,
  type MetadataRules,
  mergeMetadata,
  mergeTranslations,
  replaceMetadata,
  sameFocalPoint,
} from './metadata.js';

/** Absent keeps the metadata, null clears it. */
export type OptionalMetadata = MetadataInput | null | undefined;

/** Makes the new metadata from the present. */
type MetadataEdit = (current: ImageMetadata) => ImageMetadata;

/** What a change makes of metadata. */
export interface MetadataChange {
  readonly edit: MetadataEdit;
  /** Whether it says what the default text is, which may be null. */
  readonly givesAltText?: boolean | undefined;
  /** Absent keeps the texts in other languages, which are not even read then. */
  readonly translate?: ((current: Translations) => Translations) | undefined;
}

const noTranslations: Translations = new Map();

const clearing: MetadataChange = {
  edit: (current) => ({ ...current, ...emptyMetadata }),
  givesAltText: true,
  translate: () => noTranslations,
};

/** What a change makes of {@link OptionalMetadata} that were checked. */
export type ChangeOf = (given: CheckedMetadata | null | undefined, limits: MetadataRules['limits']) => MetadataChange;

/** Replaces the metadata by what is given. */
export const replacing: ChangeOf = (given, limits) =>
  changing(given, ({ translations, ...checked }) => ({
    edit: (current) => ({ ...current, ...replaceMetadata(checked) }),
    givesAltText: checked.altText !== undefined,
    translate: () => mergeTranslations(noTranslations, translations, limits),
  }));

/** Changes only what is given. */
export const merging: ChangeOf = (given, limits) =>
  changing(given, ({ translations, ...checked }) => ({
    edit: (current) => ({ ...current, ...mergeMetadata(current, checked) }),
    givesAltText: checked.altText !== undefined,
    translate: translations === undefined ? undefined : (current) => mergeTranslations(current, translations, limits),
  }));

const changing = (
  given: Parameters<ChangeOf>[0],
  apply: (given: CheckedMetadata) => MetadataChange,
): MetadataChange => {
  if (given === undefined) return { edit: (current) => current };
  return given === null ? clearing : apply(given);
};

/** The change, and then the text of the file for an image that has no alternative text and is not given one, which may be null. */
export const adopting = (change: MetadataChange, text: string | null): MetadataChange =>
  change.givesAltText
    ? change
    : {
        ...change,
        edit: (current) => {
          const edited = change.edit(current);
          return { ...edited, altText: edited.altText ?? text };
        },
      };

/** What a change does to an image. */
export interface ImageEdit extends MetadataChange {
  readonly accepted: AcceptedFile | undefined;
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
  { accepted, edit, translate, fileName }: ImageEdit,
  now: Date,
): Promise<Image> => {
  const metadata = await writer.metadata(before.id);
  if (!metadata) throw noSuchImage(before.id);
  const fileChange = await changeOfFile(writer, before, metadata, accepted);
  const edited = { ...edit(metadata), ext: extensionOf(fileChange?.mimeType ?? before.mimeType) };
  const focusMoved = !sameFocalPoint(edited.focalPoint, metadata.focalPoint);
  const translated = translate && (await changeOfTexts(writer, before, translate));
  const metadataChanged = translated !== undefined || !isDeepStrictEqual(edited, metadata);
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
  if (accepted && fileChange) await writer.indexImage(image, accepted.blob);
  if (metadataChanged) await writer.updateMetadata({ ...edited, updatedOn: now });
  if (translated) await writer.changeTranslations(before.id, translated);
  return image;
};

const changeOfTexts = async (
  writer: StateWriter,
  { id }: Image,
  translate: (current: Translations) => Translations,
): Promise<TranslationChanges | undefined> => {
  const current = await writer.translations(id);
  return changesOf(current, translate(current));
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
