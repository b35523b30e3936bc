import type { MetalDependencies } from '../dependencies.js';
import { InvalidInputError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { Limits } from '../limits.js';
import { type CreateMetalImageInput, newMetalImage } from '../metal/create-metal-image.js';
import type { MetalImage } from '../metal/metal-image.js';
import type { StateReader, StateWriter } from '../ports.js';
import { dateFault } from '../storable.js';
import { deletedHere, type ImportOutcome, type ImportRule } from './import-image.js';
import type { Origin } from './origin.js';

/** A metal image of another API, as that describes it. */
export interface ForeignMetalImage {
  readonly input: CreateMetalImageInput;
  /** Absent if the source does not say: the time of the import. */
  readonly created?: Date | undefined;
  /** Absent if the source does not say: the time of the import. */
  readonly changed?: Date | undefined;
  readonly origin: Origin;
}

/** What an import would do. Nothing is written. */
export const planMetalImageImport =
  ({ state, limits, now }: MetalImportDependencies) =>
  async (caller: Caller, foreign: ForeignMetalImage): Promise<ImportOutcome> => {
    authorize(caller, 'metal.admin');
    const image = checked(foreign, limits, now());
    return (await plan(state.read, image, foreign)).outcome;
  };

/**
 * Creates or updates a metal image as its source has it, with the id and dates of the source. One whose revision was imported already
 * stays as it is. Its URL is not requested: the source has it.
 * @throws {InvalidInputError} with every problem, or if a metal image of another origin has the id.
 */
export const importMetalImage =
  ({ state, limits, now }: MetalImportDependencies) =>
  async (caller: Caller, foreign: ForeignMetalImage, rule: ImportRule = {}): Promise<ImportOutcome> => {
    authorize(caller, 'metal.admin');
    const image = checked(foreign, limits, now());
    const planned = await plan(state.read, image, { ...rule, origin: foreign.origin });
    if (planned.outcome === 'unchanged') return planned.outcome;
    return state.write(async (writer) => {
      const { outcome, present } = await plan(writer, image, { ...rule, origin: foreign.origin });
      if (outcome === 'unchanged') return outcome;
      if (!present && rule.onlyMissing && (await writer.removals.has({ metalImageId: image.id }))) throw deletedHere();
      if (present) await writer.metal.updateImage(present, columnsOf(image));
      else await writer.metal.insertImage(image);
      await writer.origins.save({ metalImageId: image.id }, foreign.origin);
      return outcome;
    });
  };

type MetalImportDependencies = Pick<MetalDependencies, 'state' | 'limits' | 'now'>;

const checked = ({ input, created, changed }: ForeignMetalImage, limits: Limits, importedOn: Date): MetalImage => {
  for (const [name, date] of Object.entries({ created, changed })) {
    const fault = dateFault(date);
    if (fault) throw InvalidInputError.at([name], fault);
  }
  return newMetalImage(input, limits, { created: created ?? importedOn, changed: changed ?? importedOn });
};

interface Plan {
  readonly outcome: ImportOutcome;
  readonly present: MetalImage | undefined;
}

const plan = async (
  { metal, origins }: StateReader | StateWriter,
  { id }: MetalImage,
  { onlyMissing, origin }: ImportRule & { readonly origin: Origin },
): Promise<Plan> => {
  const [present] = await metal.imagesById([id]);
  if (!present) return { outcome: 'created', present };
  if (onlyMissing) return { outcome: 'unchanged', present };
  const known = await origins.find({ metalImageId: id });
  if (known?.source !== origin.source) {
    const reason = `The metal image ${id} exists here and was not imported from there. Delete it to import this one.`;
    throw InvalidInputError.at([], reason);
  }
  return { outcome: known.revision === origin.revision ? 'unchanged' : 'updated', present };
};

const columnsOf = ({ name, description, url, features, classification, expirationDate, changed }: MetalImage) => ({
  ...{ name, description, url, features, classification, expirationDate, changed },
});
