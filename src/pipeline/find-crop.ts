import {
  type CropWindow,
  coverFactor,
  cropFrame,
  cropWindow,
  scaledSize,
} from '../domain/delivery/transform/layout.js';
import type { VariantPlan } from '../domain/delivery/transform/plan-variant.js';
import type { Size } from '../domain/delivery/transform/transform.js';
import type { FocalPoint } from '../domain/images/image.js';
import type { RenderSource } from '../domain/ports.js';
import { openImage, type PipelineLimits } from './open-image.js';

/** The longer side in pixels of the image that is searched; libvips itself looks at less than that. */
const searchSide = 256;

/**
 * The middle of the part that a strategy of sharp would keep. The first frame is searched in small, which is fast, never enlarges,
 * and serves all frames of an animation: sharp refuses to search those.
 */
async function strikingPoint(
  strategy: 'attention' | 'entropy',
  { file, size, frameCount }: RenderSource,
  box: Size,
  limits: PipelineLimits,
): Promise<FocalPoint> {
  const shrink = Math.min(1, searchSide / Math.max(size.width, size.height));
  const part = scaledSize(box, shrink / coverFactor(size, box));
  const { info } = await openImage(file, limits, { frameCount, all: false })
    .resize({ ...part, fit: 'cover', position: strategy })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const factor = coverFactor(size, part);
  // libvips counts the offset from the part to the whole, so that it is never positive.
  return {
    x: (part.width / 2 - (info.cropOffsetLeft ?? 0)) / (size.width * factor),
    y: (part.height / 2 - (info.cropOffsetTop ?? 0)) / (size.height * factor),
  };
}

/** The part of the image that the plan's crop keeps; null if it crops nothing. */
export async function findCrop(
  source: RenderSource,
  plan: VariantPlan,
  limits: PipelineLimits,
): Promise<CropWindow | null> {
  const { resize } = plan;
  if (resize.kind !== 'crop') return null;
  const frame = cropFrame(source.size, plan);
  if (!('focus' in resize)) return { ...frame.part, left: resize.left, top: resize.top };
  return cropWindow(frame, await strikingPoint(resize.focus, source, plan, limits));
}
