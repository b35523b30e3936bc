import type { Sharp } from 'sharp';
import { cropFrame } from '../../domain/delivery/transform/crop-window.js';
import { coverFactor, scaledSize } from '../../domain/delivery/transform/scaling.js';
import type { Size } from '../../domain/delivery/transform/transform.js';
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
  const { plan, picture: source, crop: window } = context;
  if (!window) return scale(picture, context);
  return cropFrame(source, plan).isSource
    ? scaleTo(picture.extract(window), plan)
    : scale(picture, context).extract(window);
}

function pad(picture: Sharp, context: RenderContext): Sharp {
  const { plan } = context;
  const inner = scaledTo(context);
  const left = Math.floor((plan.width - inner.width) / 2);
  const top = Math.floor((plan.height - inner.height) / 2);
  const isOpaque = plan.background?.length === '#rrggbb'.length && !context.deep?.profile;
  return scale(picture, context).extend({
    left,
    top,
    right: plan.width - inner.width - left,
    bottom: plan.height - inner.height - top,
    // A background that is translucent, or would be taken for a colour of the source, is laid under the whole image later.
    background: isOpaque && plan.background ? plan.background : { r: 0, g: 0, b: 0, alpha: 0 },
  });
}

const resizes = { scale, crop, pad };

/** Resizes the image to exactly the plan's size. */
export const resize: Step = (picture, context) => resizes[context.plan.resize.kind](picture, context);
