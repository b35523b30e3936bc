import { type InputIssue, InvalidInputError } from '../errors.js';
import type { Limits } from '../limits.js';
import { textFault } from '../storable.js';
import type { FocalPoint, ImageMetadata } from './image.js';

/** The part of the metadata that callers set. */
export type EditableMetadata = Pick<ImageMetadata, 'altText' | 'focalPoint'>;

export const emptyMetadata: EditableMetadata = { altText: null, focalPoint: null };

/** Metadata as a client sends it, not yet checked; null and absent mean what the operation says. */
export interface MetadataInput {
  readonly altText?: string | null | undefined;
  readonly focalPoint?: FocalPoint | null | undefined;
}

const isFraction = (value: number): boolean => value >= 0 && value <= 1;

/** @throws {InvalidInputError} with every problem of the input. */
export const checkMetadata = (input: MetadataInput, limits: Limits, path: readonly string[] = ['metadata']): void => {
  const issues: InputIssue[] = [];
  const altText = textFault(input.altText ?? '', limits.altTextLength);
  if (altText) issues.push({ path: [...path, 'altText'], message: altText });
  if (input.focalPoint && !(isFraction(input.focalPoint.x) && isFraction(input.focalPoint.y))) {
    issues.push({
      path: [...path, 'focalPoint'],
      message: 'Must have x and y from 0 to 1, as fractions of width and height.',
    });
  }
  if (issues.length > 0) throw new InvalidInputError(issues);
};

/** Replaces the metadata: what is absent is cleared. */
export const replaceMetadata = (input: MetadataInput): EditableMetadata => ({
  altText: input.altText ?? null,
  focalPoint: input.focalPoint ?? null,
});

/** Only what is given changes: null clears, absent keeps. */
export const mergeMetadata = (current: EditableMetadata, input: MetadataInput): EditableMetadata => ({
  altText: input.altText === undefined ? current.altText : input.altText,
  focalPoint: input.focalPoint === undefined ? current.focalPoint : input.focalPoint,
});

export const sameFocalPoint = (a: FocalPoint | null, b: FocalPoint | null): boolean => a?.x === b?.x && a?.y === b?.y;
