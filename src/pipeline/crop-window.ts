import type { FocalPoint } from '../domain/image.js';
import type { Size } from '../domain/transform/transform.js';

/** Pixels from the top left corner. */
export interface CropWindow extends Size {
  readonly left: number;
  readonly top: number;
}

const offset = (whole: number, part: number, focus: number): number =>
  Math.max(0, Math.min(whole - part, Math.round(whole * focus - part / 2)));

/** The part of a picture that has the point in its middle, or as near to it as the picture's edge lets. */
export function cropWindow(picture: Size, part: Size, focus: FocalPoint): CropWindow {
  return {
    left: offset(picture.width, part.width, focus.x),
    top: offset(picture.height, part.height, focus.y),
    width: part.width,
    height: part.height,
  };
}
