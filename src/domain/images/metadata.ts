import { type InputIssue, InvalidInputError } from '../errors.js';
import type { Limits } from '../limits.js';
import { cutText, textFault } from '../storable.js';
import type { EmbeddedTexts, FocalPoint, ImageMetadata } from './image.js';

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

/** The alternative text that an image gets from its file, if the client wants that: the one in it, or else its description. */
export const adoptedAltText = (
  isWanted: boolean | null | undefined,
  { altText, description }: EmbeddedTexts,
  { altTextLength }: Pick<Limits, 'altTextLength'>,
): string | null => {
  const text = isWanted ? (altText ?? description) : null;
  return text && cutText(text, altTextLength);
};

/** The metadata of a new image, with the text of its file if the client gives none. */
export const withAltText = (given: MetadataInput | null | undefined, text: string | null): MetadataInput =>
  given?.altText === undefined ? { ...given, altText: text } : given;

export const sameFocalPoint = (a: FocalPoint | null, b: FocalPoint | null): boolean => a?.x === b?.x && a?.y === b?.y;
