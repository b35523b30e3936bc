import type { Sharp } from 'sharp';
import { coverFactor, cropFrame, scaledSize } from '../../domain/delivery/transform/layout.js';
import type { Size } from '../../domain/delivery/transform/transform.js';
import type { RenderContext, Step } from './step.js';

// The plan has settled the shape: whatever is left of a distortion is the rounding to whole pixels.
const scaleTo = (image: Sharp, { width, height }: Size): Sharp => image.resize(width, height, { fit: 'fill' });

/** What the source as a whole is brought to, before a crop or behind a canvas. */
const scaledTo = ({ plan, sourceSize }: RenderContext): Size => {
  if (plan.resize.kind === 'crop') return scaledSize(sourceSize, coverFactor(sourceSize, plan));
  return plan.resize.kind === 'pad' ? { width: plan.resize.innerWidth, height: plan.resize.innerHeight } : plan;
};

/**
 * Whether a resize would mix the rows where two frames of an animation meet: libvips keeps the frames below each other as one tall
 * image. The decoder of WebP shrinks each by itself, and cuts and canvases know where each begins. (What `fill` squeezes further
 * than that mixes a little of one row; squeezing thousands of frames one by one would take too long.)
 */
export const mixesFrames = (context: RenderContext): boolean => scaledTo(context).height > context.sourceSize.height;

const scale = (image: Sharp, context: RenderContext): Sharp => scaleTo(image, scaledTo(context));

function crop(image: Sharp, context: RenderContext): Sharp {
  const { plan, sourceSize, crop: window } = context;
  if (!window) return scale(image, context);
  return cropFrame(sourceSize, plan).isSource
    ? scaleTo(image.extract(window), plan)
    : scale(image, context).extract(window);
}

function pad(image: Sharp, context: RenderContext): Sharp {
  const { plan } = context;
  const inner = scaledTo(context);
  const left = Math.floor((plan.width - inner.width) / 2);
  const top = Math.floor((plan.height - inner.height) / 2);
  const isOpaque = plan.background?.length === '#rrggbb'.length && !context.conversion?.profile;
  return scale(image, context).extend({
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
export const resize: Step = (image, context) => resizes[context.plan.resize.kind](image, context);
