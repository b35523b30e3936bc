import type { ImageDependencies } from '../dependencies.js';
import { authorize, type Caller } from '../identity/caller.js';
import { acceptFile, commitBytes } from '../originals/accept-file.js';
import type { ReceivedFile, StateWriter } from '../ports.js';
import { adopting, applyChange, type ChangeOf, merging, type OptionalMetadata, replacing } from './change-image.js';
import { changeDisabled } from './disable-image.js';
import { checkFileName } from './file-name.js';
import { findOwnImage, noSuchImage } from './find-images.js';
import type { Image, ImageId } from './image.js';
import { adoptedAltText, checkMetadata, type MetadataInput } from './metadata.js';

interface ImageUpdate {
  readonly id: ImageId;
  readonly file?: ReceivedFile | undefined;
  readonly fileName?: string | null | undefined;
  readonly metadata?: OptionalMetadata;
  readonly disabled?: boolean | null | undefined;
  readonly adoptEmbeddedAltText?: boolean | null | undefined;
}

/** Changes what is given, all of it or nothing: the file, its name, fields of the metadata, whether the image is disabled. */
export const updateImage =
  (dependencies: ImageDependencies) =>
  (caller: Caller, input: ImageUpdate): Promise<Image> =>
    changeImage(dependencies, caller, input, merging);

interface ImageReplacement {
  readonly id: ImageId;
  readonly file: ReceivedFile;
  readonly metadata?: OptionalMetadata;
  /** Whether an image without an alternative text gets that of its file. */
  readonly adoptEmbeddedAltText?: boolean | null | undefined;
}

/** Replaces the image's file; metadata, if given, replaces the old as a whole. */
export const replaceImage =
  (dependencies: ImageDependencies) =>
  (caller: Caller, input: ImageReplacement): Promise<Image> =>
    changeImage(dependencies, caller, input, replacing);

/** Replaces the metadata as a whole: what is absent is cleared. */
export const updateImageMetadata =
  (dependencies: ImageDependencies) =>
  (caller: Caller, input: { id: ImageId; metadata: MetadataInput }): Promise<Image> =>
    changeImage(dependencies, caller, input, replacing);

const changeImage = async (
  dependencies: ImageDependencies,
  caller: Caller,
  input: ImageUpdate,
  changeOf: ChangeOf,
): Promise<Image> => {
  const { state, limits, now } = dependencies;
  const { id, file, fileName, metadata, disabled } = input;
  authorize(caller, 'images.write');
  const given = changeOf(metadata && checkMetadata(metadata, dependencies), limits);
  checkFileName(fileName, limits.fileNameBytes);
  await findOwnImage(state.read, caller, id);
  const accepted = file ? await acceptFile(dependencies, file, caller) : undefined;
  const altText = accepted ? adoptedAltText(input.adoptEmbeddedAltText, accepted.blob.embedded, limits) : null;
  const change = adopting(given, altText);
  const work = async (writer: StateWriter) => {
    const image = await writer.image(id);
    if (!image) throw noSuchImage(id);
    const changed = await applyChange(writer, image, { accepted, ...change, fileName }, now());
    return typeof disabled === 'boolean' ? changeDisabled(writer, changed, disabled, now()) : changed;
  };
  const row = `image:${id}`;
  return accepted ? commitBytes(dependencies, accepted, work, row) : state.write(work, row);
};
