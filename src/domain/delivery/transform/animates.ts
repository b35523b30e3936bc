import type { Limits } from '../../limits.js';
import type { Size, Transform } from './transform.js';
import type { VariantSource } from './variant-plan.js';

/** What a frame costs that is enlarged or blurred, as each is rendered by itself: as much as so many pixels, however few it has. */
const separateFramePixels = 40_000;

/**
 * Whether all frames of an animation are rendered in a variant of this size; else it is its first frame. The work is bounded before it
 * starts: encoding the frames takes longer than all the rest, and grows with their pixels.
 */
export function animates(
  { width, height }: Size,
  source: VariantSource,
  { blur }: Pick<Transform, 'blur'>,
  { animationPixels }: Pick<Limits, 'animationPixels'>,
): boolean {
  const isSeparate = blur !== null || width > source.width || height > source.height;
  const framePixels = Math.max(width * height, isSeparate ? separateFramePixels : 0);
  return source.frameCount > 1 && framePixels * source.frameCount <= animationPixels;
}
