import type { FocalPoint } from '../../images/image.js';
import { coverFactor, scaledSize } from './scaling.js';
import type { Size } from './transform.js';

/** Pixels from the top left corner. */
export interface CropWindow extends Size {
  readonly left: number;
  readonly top: number;
}

/** What a crop cuts, and how much of it. */
export interface CropFrame {
  readonly whole: Size;
  readonly part: Size;
  /** Whether the whole is the source itself, so that the part is scaled after the cut. */
  readonly isSource: boolean;
}

/**
 * An image that is shrunk is cut afterwards: only so can a decoder shrink while it loads. One that is enlarged is cut before: a source of
 * 16384 x 1 pixels that covers 2048 x 2048 would be 33 million pixels wide.
 */
export function cropFrame(source: Size, result: Size): CropFrame {
  const factor = coverFactor(source, result);
  return factor > 1
    ? { whole: source, part: scaledSize(result, 1 / factor), isSource: true }
    : { whole: scaledSize(source, factor), part: { width: result.width, height: result.height }, isSource: false };
}

const offset = (whole: number, part: number, focus: number): number =>
  Math.max(0, Math.min(whole - part, Math.round(whole * focus - part / 2)));

/** The part that has the point in its middle, or as near to it as the edges allow. */
export function cropWindow({ whole, part }: CropFrame, focus: FocalPoint): CropWindow {
  return {
    left: offset(whole.width, part.width, focus.x),
    top: offset(whole.height, part.height, focus.y),
    width: part.width,
    height: part.height,
  };
}
