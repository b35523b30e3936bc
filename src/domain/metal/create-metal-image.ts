import type { MetalDependencies } from '../dependencies.js';
import { ConflictError, InvalidInputError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { Limits } from '../limits.js';
import { dateFault, textFault } from '../storable.js';
import { type MetalImage, parseImageName } from './metal-image.js';
import {
  asClassification,
  asFeatures,
  classificationFault,
  featuresFault,
  idFault,
  isGoZeroTime,
  issuesOf,
  type MetalImageInput,
  requireAccessible,
  urlFault,
} from './metal-image-input.js';

export interface CreateMetalImageInput extends MetalImageInput {
  /** The vendor's id, which says the operating system and the version: `ubuntu-24.04.20260101`. */
  readonly imageId: string;
}

const defaultLifeMs = 90 * 24 * 60 * 60 * 1000;

/**
 * Makes a metal image known. Without an expiration date it lasts 90 days, and without a classification it is a preview.
 * @throws {InvalidInputError} with every fault, the one first that the vendor tells. {@link ConflictError} where the id is taken.
 */
export const createMetalImage =
  ({ state, limits, now, urlProbe }: MetalDependencies) =>
  async (caller: Caller, input: CreateMetalImageInput): Promise<MetalImage> => {
    authorize(caller, 'metal.admin');
    const created = now();
    const image = newMetalImage(input, limits, { created, changed: created });
    await requireAccessible(urlProbe, image.url);
    return state.write(async ({ metal }) => {
      const [existing] = await metal.imagesById([image.id]);
      if (existing) {
        throw new ConflictError(`A metal image with the id ${image.id} exists already.`, existing);
      }
      await metal.insertImage(image);
      return image;
    });
  };

/** @throws {InvalidInputError} with every problem. */
export const newMetalImage = (
  input: CreateMetalImageInput,
  limits: Limits,
  dates: Pick<MetalImage, 'created' | 'changed'>,
): MetalImage => {
  const { imageId, name, description, url, features, expirationDate } = input;
  const parsed = parseImageName(imageId);
  const classification = asClassification(input.classification ?? 'preview');
  const issues = issuesOf([
    ['imageId', idFault(imageId, limits)],
    ['url', urlFault(url ?? '', limits)],
    ['features', featuresFault(features ?? [])],
    ['imageId', imageId !== '' && 'fault' in parsed ? parsed.fault : undefined],
    ['classification', classificationFault(input.classification ?? 'preview')],
    ['name', textFault(name ?? '', limits.metalNameLength)],
    ['description', textFault(description ?? '', limits.metalDescriptionLength)],
    ['expirationDate', dateFault(expirationDate)],
  ]);
  if ('fault' in parsed || !classification || issues.length > 0) throw new InvalidInputError(issues);
  return {
    id: imageId,
    name: name ?? '',
    description: description ?? '',
    url: url ?? '',
    features: asFeatures(features ?? []),
    classification,
    expirationDate: expirationDateOf(expirationDate, dates.created),
    ...parsed,
    ...dates,
    revision: 1,
  };
};

const expirationDateOf = (given: Date | null | undefined, created: Date): Date =>
  given && !isGoZeroTime(given) ? given : new Date(created.getTime() + defaultLifeMs);
