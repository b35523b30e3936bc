import type { Sharp } from 'sharp';
import { coverFactor, scaledSize } from '../../domain/transform/scaling.js';
import type { Size } from '../../domain/transform/transform.js';
import type { VariantPlan } from '../../domain/transform/variant-plan.js';
import { cropWindow } from '../crop-window.js';
import type { RenderContext, Step } from './step.js';

type Resize = VariantPlan['resize'];
type ResizeOf<Kind extends Resize['kind']> = Extract<Resize, { kind: Kind }>;

// The plan has settled the shape: whatever is left of a distortion is the rounding to whole pixels.
const scaleTo = (picture: Sharp, { width, height }: Size): Sharp => picture.resize(width, height, { fit: 'fill' });

const scale = (picture: Sharp, { plan }: RenderContext): Sharp => scaleTo(picture, plan);

/** What the source as a whole is brought to, before a crop or behind a canvas. */
const scaledTo = ({ plan, picture }: RenderContext): Size => {
  if (plan.resize.kind === 'crop') return scaledSize(picture, coverFactor(picture, plan));
  return plan.resize.kind === 'pad' ? { width: plan.resize.innerWidth, height: plan.resize.innerHeight } : plan;
};

/**
 * Whether a resize would mix the rows where two frames of an animation meet: libvips keeps the frames below each other as one tall
 * picture. The decoder of WebP shrinks each by itself, and cuts and canvases know where each begins. (What `fill` presses further
 * than that mixes a little of one row; to press thousands of frames one by one would take too long.)
 */
export const mixesFrames = (context: RenderContext): boolean => scaledTo(context).height > context.picture.height;

function crop(picture: Sharp, { plan, picture: source, focus }: RenderContext): Sharp {
  const factor = coverFactor(source, plan);
  if (factor > 1) {
    // Cut before enlarging: a source of 16384 x 1 pixels that covers 2048 x 2048 would be 33 million pixels wide.
    const part = scaledSize(plan, 1 / factor);
    return scaleTo(picture.extract(cropWindow(source, part, focus)), plan);
  }
  // Cut after shrinking: only so can a decoder shrink while it loads.
  const covering = scaledSize(source, factor);
  return scaleTo(picture, covering).extract(cropWindow(covering, plan, focus));
}

function pad(picture: Sharp, { plan }: RenderContext, { innerWidth, innerHeight }: ResizeOf<'pad'>): Sharp {
  const left = Math.floor((plan.width - innerWidth) / 2);
  const top = Math.floor((plan.height - innerHeight) / 2);
  const isOpaque = plan.background?.length === '#rrggbb'.length;
  return scaleTo(picture, { width: innerWidth, height: innerHeight }).extend({
    left,
    top,
    right: plan.width - innerWidth - left,
    bottom: plan.height - innerHeight - top,
    // A background that lets something through is laid under the whole picture later.
    background: isOpaque && plan.background ? plan.background : { r: 0, g: 0, b: 0, alpha: 0 },
  });
}

/** Brings the picture to the plan's size, to the pixel. */
export const resize: Step = (picture, context) => {
  const { resize } = context.plan;
  switch (resize.kind) {
    case 'scale':
      return scale(picture, context);
    case 'crop':
      return crop(picture, context);
    case 'pad':
      return pad(picture, context, resize);
  }
};
