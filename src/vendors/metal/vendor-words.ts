import { ConflictError, InvalidInputError, NotFoundError } from '../../domain/errors.js';
import type { MetalProblem } from '../../domain/metal/metal-image.js';

/** What the client sent, and the vendor's sentence for a conflict with the image as it is. */
interface Sent {
  readonly id: string;
  readonly url?: string | null | undefined;
  readonly conflict?: string;
}

const sentences = {
  'empty-id': () => 'id should not be empty',
  'empty-url': () => 'url should not be empty',
  'unknown-feature': (feature) => `unknown ImageFeatureType:${feature}`,
  'unknown-classification': (text) => `given versionclassification is not valid:${text}`,
  'no-version': (_, { id }) => `invalid format for os image, expected <os>-<major>.<minor>[.<patch>]: ${id}`,
  'malformed-version': () => 'invalid semantic version',
  'number-out-of-range': (digits) =>
    `error parsing version segment: strconv.ParseUint: parsing "${digits}": value out of range`,
  'not-accessible': (reason, { id, url }) => `image:${id} is not accessible under:${url} ${reason}`,
} as const satisfies Record<MetalProblem['kind'], (value: string, sent: Sent) => string>;

/** The sentence of the vendor's server, which people know and clients may look for. */
export const problemInVendorWords = ({ kind, value }: MetalProblem, sent: Sent): string => sentences[kind](value, sent);

/** The first problem of an input: the vendor reports one. */
export const firstIssueInVendorWords = ({ issues, message }: InvalidInputError, sent: Sent): string => {
  const [first] = issues;
  return first?.problem ? problemInVendorWords(first.problem, sent) : (first?.message ?? message);
};

export const noImageWithId = (id: string): NotFoundError => new NotFoundError(`no image with id "${id}" found`);

/** Handles a rejection of the domain: the same failure in the vendor's words is thrown. */
export const inVendorWords =
  (sent: Sent) =>
  (error: unknown): never => {
    if (error instanceof InvalidInputError) throw InvalidInputError.at([], firstIssueInVendorWords(error, sent));
    if (error instanceof NotFoundError) throw noImageWithId(sent.id);
    if (error instanceof ConflictError) throw new ConflictError(sent.conflict ?? error.message, error.current);
    throw error;
  };
