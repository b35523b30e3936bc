import type { Size } from './transform.js';

/** In whole pixels, 1 at least. */
export const scaledSize = ({ width, height }: Size, factor: number): Size => ({
  width: Math.max(1, Math.round(width * factor)),
  height: Math.max(1, Math.round(height * factor)),
});

/** The factor that scales an image so that it just covers a box. */
export const coverFactor = (image: Size, box: Size): number =>
  Math.max(box.width / image.width, box.height / image.height);

/** The factor that scales an image so that it just fits into a box. */
export const insideFactor = (image: Size, box: Size): number =>
  Math.min(box.width / image.width, box.height / image.height);
