import type { ImportDependencies } from '../dependencies.js';
import { InvalidInputError, NotFoundError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import { addImage, type KeptColumns } from '../images/add-image.js';
import type { Address } from '../images/address.js';
import { applyChange } from '../images/change-image.js';
import { type AddressInput, createAddress } from '../images/create-address.js';
import type { AccountId, Image, ImageMetadata } from '../images/image.js';
import { type CheckedMetadata, checkMetadata, type MetadataRules } from '../images/metadata.js';
import { type AcceptedFile, acceptFile, commitBytes } from '../originals/accept-file.js';
import type { ReceivedFile, StateReader, StateWriter } from '../ports.js';
import { dateFault } from '../storable.js';
import type { Origin } from './origin.js';

/** An image of another API, as that describes it. */
export interface ForeignImage {
  readonly accountId: AccountId;
  /** Null for an image that is found by its ids alone. */
  readonly address: AddressInput | null;
  /** The ids and dates of the source. An image without an id gets a new one. */
  readonly kept: KeptColumns;
  /** Absent if the source has no alternative texts: one that was added here stays. */
  readonly altText?: string | null | undefined;
  readonly source: string;
  /** Null if the source says it only together with the file. */
  readonly revision: string | null;
}

/** A file of the source, and the revision that it is of. */
export interface FetchedFile {
  readonly file: ReceivedFile;
  readonly revision: string;
}

/**
 * Fetches the file of an image into the spool, whose owner discards it.
 * @param known The revision that was imported before.
 * @returns Null if that is still the source's.
 */
export type FetchFile = (known: string | null) => Promise<FetchedFile | null>;

export type ImportOutcome = 'created' | 'updated' | 'unchanged';

/** What an import does with what is here, or was here. */
export interface ImportRule {
  /** Imports only what is missing and was not deleted here; whatever is here stays as it is. */
  readonly onlyMissing?: boolean;
}

/** Thrown for what was deleted here, if only what is missing is imported. */
export const deletedHere = (): NotFoundError => new NotFoundError('It was deleted here.');

/** What an import would do if the file is accepted. Nothing is fetched or written. */
export const planImageImport =
  (dependencies: Pick<ImportDependencies, 'state' | 'limits' | 'defaultLocale'>) =>
  async (caller: Caller, foreign: ForeignImage): Promise<ImportOutcome> => {
    authorize(caller, 'images.write', foreign.accountId);
    return (await plan(dependencies.state.read, checked(foreign, dependencies), {})).outcome;
  };

/**
 * Creates or updates an image as its source has it, with the ids and dates of the source. One whose revision was imported already stays
 * as it is, with what was changed here since, and its file is not fetched.
 * @throws {InvalidInputError} if an image of another origin has its ids. {@link DuplicateImageError} {@link ImageLimitReachedError}, and
 *   everything that an upload is refused with.
 */
export const importImage =
  (dependencies: ImportDependencies) =>
  async (caller: Caller, foreign: ForeignImage, fetch: FetchFile, rule: ImportRule = {}): Promise<ImportOutcome> => {
    const { state } = dependencies;
    authorize(caller, 'images.write', foreign.accountId);
    const wanted = checked(foreign, dependencies);
    const { outcome, known } = await plan(state.read, wanted, rule);
    if (outcome === 'unchanged') return outcome;
    const fetched = await fetch(known);
    if (!fetched) return 'unchanged';
    const accepted = await acceptFile(dependencies, fetched.file, caller);
    return commitBytes(dependencies, accepted, (writer) =>
      write(dependencies, writer, wanted, { ...rule, accepted, revision: fetched.revision }),
    );
  };

/** A foreign image whose metadata, dates and address were found good. */
interface Wanted extends Omit<ForeignImage, 'address'> {
  readonly address: Address | null;
  readonly metadata: CheckedMetadata;
}

const checked = (foreign: ForeignImage, rules: MetadataRules & Pick<ImportDependencies, 'limits'>): Wanted => {
  const metadata = checkMetadata({ altText: foreign.altText }, rules);
  const { createdOn, updatedOn, disabledOn } = foreign.kept;
  for (const [name, date] of Object.entries({ createdOn, updatedOn, disabledOn })) {
    const fault = dateFault(date);
    if (fault) throw InvalidInputError.at([name], fault);
  }
  return { ...foreign, metadata, address: foreign.address && createAddress(foreign.address, rules.limits) };
};

interface Plan {
  readonly outcome: ImportOutcome;
  /** The revision that was imported before. */
  readonly known: string | null;
}

const plan = async (read: StateReader, wanted: Wanted, { onlyMissing }: ImportRule): Promise<Plan> => {
  const present = await findPresent(read, wanted);
  if (!present) {
    const { publicId } = wanted.kept;
    const other = publicId && (await read.imageByPublicId(publicId));
    if (other) throw taken('publicID', other);
    return { outcome: 'created', known: null };
  }
  if (onlyMissing) return { outcome: 'unchanged', known: null };
  const { revision: known } = await ownOrigin(read, present, wanted);
  return { outcome: known === wanted.revision ? 'unchanged' : 'updated', known };
};

const write = async (
  dependencies: ImportDependencies,
  writer: StateWriter,
  wanted: Wanted,
  { accepted, revision, onlyMissing }: ImportRule & { readonly accepted: AcceptedFile; readonly revision: string },
): Promise<ImportOutcome> => {
  const { accountId, address, kept, altText, metadata, source } = wanted;
  const present = await findPresent(writer, wanted);
  if (!present) {
    // after the image was looked for: a deletion meanwhile is recorded in its own transaction
    if (onlyMissing && (await isRemoved(writer, wanted))) throw deletedHere();
    const image = await addImage(dependencies, writer, { accountId, address, accepted, metadata, kept });
    await writer.origins.save({ imageId: image.id }, { source, revision });
    return 'created';
  }
  if (onlyMissing) return 'unchanged';
  const origin = await ownOrigin(writer, present, wanted);
  // another server was faster
  if (origin.revision === revision) return 'unchanged';
  const updatedOn = kept.updatedOn ?? dependencies.now();
  const edit = (current: ImageMetadata) => (altText === undefined ? current : { ...current, altText });
  const changed = await applyChange(writer, present, { accepted, edit }, updatedOn);
  await writer.updateImage(changed, { updatedOn, ...disabledChange(changed, kept.disabledOn ?? null) });
  await writer.origins.save({ imageId: present.id }, { source, revision });
  return 'updated';
};

const findPresent = async (
  state: StateReader | StateWriter,
  { accountId, kept, address }: Wanted,
): Promise<Image | null> => {
  if (address) return state.imageByAddress(accountId, address);
  if (!kept.id) return null;
  if ('image' in state) return state.image(kept.id);
  const [image = null] = await state.imagesById([kept.id]);
  return image;
};

const isRemoved = ({ removals }: StateWriter, { accountId, address, kept }: Wanted): Promise<boolean> => {
  if (address) return removals.has({ accountId, address });
  return kept.id ? removals.has({ imageId: kept.id }) : Promise.resolve(false);
};

/** The origin of an image that the source may overwrite. */
const ownOrigin = async (
  { origins }: StateReader | StateWriter,
  present: Image,
  { accountId, address, source }: Wanted,
): Promise<Origin> => {
  const found = await origins.find({ imageId: present.id });
  if (found && present.accountId === accountId && found.source === source) return found;
  throw taken(address ? 'address' : 'imageID', present);
};

const taken = (what: string, { id, accountId }: Image): InvalidInputError =>
  InvalidInputError.at(
    [],
    `Its ${what} is that of the image ${id} of the account ${accountId}, which was not imported from there. ` +
      'Delete that image to import this one.',
  );

/** Only if it changes: the journal reports each as an enabling or disabling. */
const disabledChange = ({ disabledOn }: Image, wanted: Date | null): Partial<Pick<Image, 'disabledOn'>> =>
  disabledOn?.getTime() === wanted?.getTime() ? {} : { disabledOn: wanted };
