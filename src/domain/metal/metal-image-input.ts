import type { InputIssue } from '../errors.js';
import type { Limits } from '../limits.js';
import { isStorable, storableYears } from '../storable-date.js';
import { textFault } from '../text-fault.js';
import { type MetalClassification, type MetalFeature, metalClassifications, metalFeatures } from './metal-image.js';

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

/** What is wrong with a URL that is given, in the vendor's words where it has any. */
export const urlFault = (url: string, { metalUrlLength }: Limits): string | undefined =>
  url === '' ? 'url should not be empty' : textFault(url, metalUrlLength);

/** What is wrong with features, in the vendor's words. */
export const featuresFault = (features: readonly string[]): string | undefined => {
  const unknown = features.find((feature) => !isFeature(feature));
  return unknown === undefined ? undefined : `unknown ImageFeatureType:${unknown}`;
};

/** What is wrong with a classification that is given, in the vendor's words. */
export const classificationFault = (text: string): string | undefined =>
  asClassification(text) ? undefined : `given versionclassification is not valid:${text}`;

/** The vendor's Go clients send their zero time, 0001-01-01T00:00:00Z, for a time that is not set. */
export const isGoZeroTime = (date: Date): boolean => date.getTime() === Date.parse('0001-01-01T00:00:00Z');

/** What is wrong with a date that is given. */
export const expirationFault = (date: Date | null | undefined): string | undefined =>
  date && !isStorable(date) ? `Accepts a time in the ${storableYears}.` : undefined;

/** The faults of an input, by the fields that have any. */
export const issuesOf = (faults: readonly (readonly [field: string, fault: string | undefined])[]): InputIssue[] =>
  faults.flatMap(([field, message]) => (message === undefined ? [] : [{ path: [field], message }]));
