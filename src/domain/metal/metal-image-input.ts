import { type InputIssue, InvalidInputError } from '../errors.js';
import type { Limits } from '../limits.js';
import { textFault } from '../storable.js';
import {
  type MetalClassification,
  type MetalFeature,
  type MetalProblem,
  metalClassifications,
  metalFeatures,
} from './metal-image.js';
import type { UrlProbe } from './metal-ports.js';

/** What is said of a metal image as a client sends it, not yet checked; null means the same as absent. */
export interface MetalImageInput {
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly url?: string | null | undefined;
  readonly features?: readonly string[] | null | undefined;
  readonly classification?: string | null | undefined;
  readonly expirationDate?: Date | null | undefined;
}

export const asClassification = (text: string): MetalClassification | undefined =>
  metalClassifications.find((known) => known === text);

/** The known ones of the features, each once. */
export const asFeatures = (given: readonly string[]): MetalFeature[] =>
  metalFeatures.filter((known) => given.includes(known));

const isFeature = (text: string): boolean => metalFeatures.some((known) => known === text);

type Fault = string | MetalProblem | undefined;

/** What is wrong with an id, apart from its version. */
export const idFault = (id: string, { metalIdLength }: Limits): Fault =>
  id === '' ? { kind: 'empty-id', value: id } : textFault(id, metalIdLength);

/** What is wrong with a URL that is given. */
export const urlFault = (url: string, { metalUrlLength }: Limits): Fault =>
  url === '' ? { kind: 'empty-url', value: url } : textFault(url, metalUrlLength);

export const featuresFault = (features: readonly string[]): Fault => {
  const unknown = features.find((feature) => !isFeature(feature));
  return unknown === undefined ? undefined : { kind: 'unknown-feature', value: unknown };
};

/** What is wrong with a classification that is given. */
export const classificationFault = (text: string): Fault =>
  asClassification(text) ? undefined : { kind: 'unknown-classification', value: text };

/** The vendor's Go clients send their zero time, 0001-01-01T00:00:00Z, for a time that is not set. */
export const isGoZeroTime = (date: Date): boolean => date.getTime() === Date.parse('0001-01-01T00:00:00Z');

const idFormat = 'The id must be <os>-<major>[.<minor>[.<patch>]], such as ubuntu-24.04.20260101';

const sentences = {
  'empty-id': () => 'Must not be empty.',
  'empty-url': () => 'Must not be empty.',
  'unknown-feature': () => `Accepts ${metalFeatures.join(', ')}.`,
  'unknown-classification': () => `Accepts ${metalClassifications.join(', ')}.`,
  'no-version': () => `${idFormat}.`,
  'malformed-version': () => `${idFormat}; what follows the last dash is not a version.`,
  'number-out-of-range': (digits) => `${idFormat}; the number ${digits} is greater than 18446744073709551615.`,
  'not-accessible': (reason) => `The URL must be one that the server can fetch: ${reason}`,
} as const satisfies Record<MetalProblem['kind'], (value: string) => string>;

const describe = ({ kind, value }: MetalProblem): string => sentences[kind](value);

/** The problems of an input, by the fields that have any. */
export const issuesOf = (faults: readonly (readonly [field: string, fault: Fault])[]): InputIssue[] =>
  faults.flatMap(([field, fault]) => {
    if (fault === undefined) return [];
    return [typeof fault === 'string' ? { path: [field], message: fault } : issueOf(field, fault)];
  });

export const issueOf = (field: string, problem: MetalProblem): InputIssue => ({
  path: [field],
  message: describe(problem),
  problem,
});

/** @throws {InvalidInputError} if nothing is served under the URL of a metal image. */
export const requireAccessible = async (probe: UrlProbe | undefined, url: string): Promise<void> => {
  const reason = await probe?.faultOf(url);
  if (reason) throw new InvalidInputError([issueOf('url', { kind: 'not-accessible', value: reason })]);
};
