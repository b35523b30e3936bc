import type { ImageDependencies } from '../dependencies.js';
import { InvalidInputError } from '../errors.js';
import { authorize, type Caller } from '../identity/caller.js';
import type { Scope } from '../identity/scope.js';
import type { Image } from '../images/image.js';
import type { Limits } from '../limits.js';
import type { SimilarImage } from './similar-query.js';

export interface SimilarInput {
  /** In how many of 64 bits hashes may differ. */
  readonly maxDistance?: number | null | undefined;
  readonly first?: number | null | undefined;
}

/** How many similar images are returned unless the caller says. */
export const defaultSimilar = 10;

/**
 * The images of the same account that look like this one, the nearest first; null if this one has too little detail, or if its facts
 * are older than the index.
 * @throws {InvalidInputError} {@link QueryTimeoutError} {@link UnavailableError}
 */
export const findSimilar = (dependencies: ImageDependencies) => searchFor(dependencies, 'images.read');

/** The same for a caller who has just uploaded the image: an upload of the same bytes would show the duplicate as well. */
export const findNearDuplicates = (dependencies: ImageDependencies) => {
  const search = searchFor(dependencies, 'images.write');
  return (caller: Caller, image: Image): Promise<readonly SimilarImage[] | null> => search(caller, image, {});
};

const searchFor =
  ({ state, limits }: Pick<ImageDependencies, 'state' | 'limits'>, scope: Scope) =>
  async (caller: Caller, image: Image, input: SimilarInput): Promise<readonly SimilarImage[] | null> => {
    authorize(caller, scope, image.accountId);
    const { maxDistance, limit } = checkInput(input, limits);
    const [blob] = await state.read.blobsOf([image.sha256]);
    if (!blob?.fingerprint) return null;
    const { id: except, accountId } = image;
    return state.read.similarImages({ accountId, fingerprint: blob.fingerprint, maxDistance, except, limit });
  };

const checkInput = (
  { maxDistance, first }: SimilarInput,
  { similarDistance, similarMaxDistance, similarMax }: Limits,
): { maxDistance: number; limit: number } => {
  const asked = { maxDistance: maxDistance ?? similarDistance, limit: first ?? defaultSimilar };
  if (!isWithin(asked.maxDistance, similarMaxDistance)) {
    throw InvalidInputError.at(['maxDistance'], `Accepts a whole number from 0 to ${similarMaxDistance}.`);
  }
  if (!isWithin(asked.limit, similarMax)) {
    throw InvalidInputError.at(['first'], `Accepts a whole number from 0 to ${similarMax}.`);
  }
  return asked;
};

const isWithin = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;
