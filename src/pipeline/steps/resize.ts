import type { Sharp } from 'sharp';
import { coverFactor, scaledSize } from '../../domain/transform/scaling.js';
import type { Size } from '../../domain/transform/transform.js';
import { cropWindow } from '../crop-window.js';
import type { RenderContext, Step } from './step.js';

// The plan has settled the shape: whatever is left of a distortion is the rounding to whole pixels.
const scaleTo = (picture: Sharp, { width, height }: Size): Sharp => picture.resize(width, height, { fit: 'fill' });

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

const scale = (picture: Sharp, context: RenderContext): Sharp => scaleTo(picture, scaledTo(context));

function crop(picture: Sharp, context: RenderContext): Sharp {
  const { plan, picture: source, focus } = context;
  const factor = coverFactor(source, plan);
  if (factor > 1) {
    // Cut before enlarging: a source of 16384 x 1 pixels that covers 2048 x 2048 would be 33 million pixels wide.
    const part = scaledSize(plan, 1 / factor);
    return scaleTo(picture.extract(cropWindow(source, part, focus)), plan);
  }
  // Cut after shrinking: only so can a decoder shrink while it loads.
  return scale(picture, context).extract(cropWindow(scaledTo(context), plan, focus));
}

function pad(picture: Sharp, context: RenderContext): Sharp {
  const { plan } = context;
  const inner = scaledTo(context);
  const left = Math.floor((plan.width - inner.width) / 2);
  const top = Math.floor((plan.height - inner.height) / 2);
  const isOpaque = plan.background?.length === '#rrggbb'.length;
  return scale(picture, context).extend({
    left,
    top,
    right: plan.width - inner.width - left,
    bottom: plan.height - inner.height - top,
    // A background that lets something through is laid under the whole picture later.
    background: isOpaque && plan.background ? plan.background : { r: 0, g: 0, b: 0, alpha: 0 },
  });
}

const resizes = { scale, crop, pad };

/** Brings the picture to the plan's size, to the pixel. */
export const resize: Step = (picture, context) => resizes[context.plan.resize.kind](picture, context);
