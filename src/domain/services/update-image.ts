import { authorize, type Caller } from '../caller.js';
import { DuplicateImageError } from '../errors.js';
import type { Image, ImageId } from '../image.js';
import {
  checkMetadata,
  type EditableMetadata,
  emptyMetadata,
  type MetadataInput,
  mergeMetadata,
  replaceMetadata,
  sameFocalPoint,
} from '../metadata.js';
import type { ImageChange, ReceivedFile, StateWriter } from '../ports.js';
import { type AcceptedFile, acceptFile, commitBytes, releaseBytes } from './bytes.js';
import type { ImageDependencies } from './dependencies.js';
import { findOwnImage, noSuchImage } from './find-own-image.js';

/** Absent keeps the metadata, null clears it. */
type OptionalMetadata = MetadataInput | null | undefined;

type MetadataEdit = (current: EditableMetadata) => EditableMetadata;

/** Changes what is given: the picture, fields of the metadata, both or nothing. */
export const updateImage =
  (dependencies: ImageDependencies) =>
  (
    caller: Caller,
    input: { id: ImageId; file?: ReceivedFile | undefined; metadata?: OptionalMetadata },
  ): Promise<Image> =>
    changeImage(dependencies, caller, input, editOf(input.metadata, mergeMetadata));

/** Puts another picture in the place of the image's own; metadata that is given replaces the old as a whole. */
export const replaceImage =
  (dependencies: ImageDependencies) =>
  (caller: Caller, input: { id: ImageId; file: ReceivedFile; metadata?: OptionalMetadata }): Promise<Image> =>
    changeImage(
      dependencies,
      caller,
      input,
      editOf(input.metadata, (_, given) => replaceMetadata(given)),
    );

/** Replaces the metadata as a whole: what is absent is cleared. */
export const updateImageMetadata =
  (dependencies: ImageDependencies) =>
  (caller: Caller, input: { id: ImageId; metadata: MetadataInput }): Promise<Image> =>
    changeImage(dependencies, caller, input, () => replaceMetadata(input.metadata));

const editOf = (
  given: OptionalMetadata,
  apply: (current: EditableMetadata, given: MetadataInput) => EditableMetadata,
): MetadataEdit => {
  if (given === undefined) return (current) => current;
  return given === null ? () => emptyMetadata : (current) => apply(current, given);
};

const changeImage = async (
  dependencies: ImageDependencies,
  caller: Caller,
  { id, file, metadata }: { id: ImageId; file?: ReceivedFile | undefined; metadata?: OptionalMetadata },
  edit: MetadataEdit,
): Promise<Image> => {
  const { state, limits } = dependencies;
  authorize(caller, 'images.write');
  checkMetadata(metadata ?? {}, limits);
  await findOwnImage(state.read, caller, id);
  const accepted = file ? await acceptFile(dependencies, file) : undefined;
  const work = (writer: StateWriter) => applyChange(writer, id, accepted, edit, dependencies.now());
  const { before, after } = await (accepted ? commitBytes(dependencies, accepted, work) : state.write(work));
  if (before.sha256 !== after.sha256) await releaseBytes(dependencies, before.sha256);
  return after;
};

const applyChange = async (
  writer: StateWriter,
  id: ImageId,
  accepted: AcceptedFile | undefined,
  edit: MetadataEdit,
  now: Date,
): Promise<{ before: Image; after: Image }> => {
  const before = await writer.image(id);
  const metadata = await writer.metadata(id);
  if (!before || !metadata) throw noSuchImage(id);
  const pictureChange = await changeOfPicture(writer, before, accepted);
  const edited = edit(metadata);
  const focusMoved = !sameFocalPoint(edited.focalPoint, metadata.focalPoint);
  const metadataChanged = focusMoved || edited.altText !== metadata.altText;
  if (!pictureChange && !metadataChanged) return { before, after: before };
  if (metadataChanged) await writer.updateMetadata({ ...metadata, ...edited, updatedOn: now });
  const after = await writer.updateImage(id, {
    ...pictureChange,
    version: before.version + (pictureChange || focusMoved ? 1 : 0),
    metadataRevision: before.metadataRevision + (metadataChanged ? 1 : 0),
    updatedOn: now,
  });
  return { before, after };
};

const changeOfPicture = async (
  writer: StateWriter,
  before: Image,
  accepted: AcceptedFile | undefined,
): Promise<ImageChange | undefined> => {
  if (!accepted || accepted.blob.sha256 === before.sha256) return undefined;
  const { sha256, mimeType, byteSize } = accepted.blob;
  const existing = await writer.imageByBytes(before.accountId, sha256);
  if (existing) throw new DuplicateImageError(existing);
  return { sha256, mimeType, byteSize };
};
