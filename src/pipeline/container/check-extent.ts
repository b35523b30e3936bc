import { TooManyPixelsError } from '../../domain/errors.js';
import type { Limits } from '../../domain/limits.js';

export interface Extent {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
}

/** @throws {TooManyPixelsError} */
export function checkExtent(
  extent: Extent,
  limits: Pick<Limits, 'sourcePixels' | 'sourceSide' | 'sourceFrames'>,
): void {
  const { width, height, frameCount } = extent;
  const fits =
    Math.max(width, height) <= limits.sourceSide &&
    frameCount <= limits.sourceFrames &&
    width * height * frameCount <= limits.sourcePixels;
  if (!fits) throw new TooManyPixelsError(limits, extent);
}
