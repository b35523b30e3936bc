import type { MetalDependencies } from '../dependencies.js';
import { ConflictError, InvalidInputError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { Limits } from '../limits.js';
import { dateFault, textFault } from '../storable.js';
import { findExistingMetalImage } from './find-metal-images.js';
import type { MetalImage } from './metal-image.js';
import {
  asClassification,
  asFeatures,
  classificationFault,
  featuresFault,
  issuesOf,
  type MetalImageInput,
  requireAccessible,
  urlFault,
} from './metal-image-input.js';
import type { MetalImageColumns } from './metal-ports.js';

export interface UpdateMetalImageInput extends MetalImageInput {
  /** The vendor's id. */
  readonly imageId: string;
  /** The revision that the caller read. */
  readonly expectedRevision?: number | null | undefined;
  /** The time of the last change that the caller read. */
  readonly expectedChanged?: Date | null | undefined;
  /** Whether the image is still the one that the caller read, for callers that know it by something else. */
  readonly isExpected?: ((current: MetalImage) => boolean) | undefined;
}

/**
 * Changes the given fields of a metal image, and keeps those that are absent or null. Features are replaced as a whole.
 * @throws {NotFoundError} {@link InvalidInputError} with every problem. {@link ConflictError} if the image is not the one that the
 *   caller says to have read.
 */
export const updateMetalImage =
  ({ state, limits, now, urlProbe }: MetalDependencies) =>
  async (caller: Caller, input: UpdateMetalImageInput): Promise<MetalImage> => {
    authorize(caller, 'metal.admin');
    const read = await findExistingMetalImage(state.read.metal, input.imageId);
    const change = changeOf(input, limits);
    if (isStale(read, input)) throw changedByAnother(read);
    if (change.url !== undefined) await requireAccessible(urlProbe, change.url);
    return state.write(async ({ metal }) => {
      // another may have changed it since, which matters only to callers that say what they read: the other columns stay as they are
      const current = await findExistingMetalImage(metal, read.id);
      if (isStale(current, input)) throw changedByAnother(current);
      // always later than before, even if the clock has not advanced: clients distinguish two changes by it
      const changed = new Date(Math.max(now().getTime(), current.changed.getTime() + 1));
      return metal.updateImage(current, { ...change, changed });
    }, `metalImage:${read.id}`);
  };

const isStale = (
  read: MetalImage,
  { expectedRevision, expectedChanged, isExpected = () => true }: UpdateMetalImageInput,
): boolean =>
  read.revision !== (expectedRevision ?? read.revision) ||
  read.changed.getTime() !== (expectedChanged ?? read.changed).getTime() ||
  !isExpected(read);

const changedByAnother = (current: MetalImage): ConflictError =>
  new ConflictError(`The metal image ${current.id} was changed since it was read. Read it again, then retry.`, current);

const changeOf = (input: MetalImageInput, limits: Limits): MetalImageColumns => {
  const { name, description, url, features, expirationDate } = input;
  const classification = asClassification(input.classification ?? '');
  const issues = issuesOf([
    ['name', textFault(name ?? '', limits.metalNameLength)],
    ['description', textFault(description ?? '', limits.metalDescriptionLength)],
    ['url', isGiven(url) ? urlFault(url, limits) : undefined],
    ['features', featuresFault(features ?? [])],
    ['expirationDate', dateFault(expirationDate)],
    ['classification', isGiven(input.classification) ? classificationFault(input.classification) : undefined],
  ]);
  if (issues.length > 0) throw new InvalidInputError(issues);
  return {
    ...(isGiven(name) ? { name } : {}),
    ...(isGiven(description) ? { description } : {}),
    ...(isGiven(url) ? { url } : {}),
    ...(isGiven(features) ? { features: asFeatures(features) } : {}),
    ...(classification ? { classification } : {}),
    ...(expirationDate ? { expirationDate } : {}),
  };
};

const isGiven = <Value>(value: Value | null | undefined): value is Value => value !== null && value !== undefined;
