import type { Sharp } from 'sharp';
import { NotFoundError } from '../domain/errors.js';
import type { RenderSource } from '../domain/ports.js';
import type { VariantPlan } from '../domain/transform/variant-plan.js';
import { codecError, isAbsence } from './codec-error.js';
import { cropFocus } from './crop-focus.js';
import { encode } from './encode.js';
import { frameByFrame } from './frame-by-frame.js';
import { openPicture, type PipelineLimits } from './open-picture.js';
import { blur } from './steps/blur.js';
import { convertToSrgb } from './steps/convert-to-srgb.js';
import { fillBackground } from './steps/fill-background.js';
import { mixesFrames, resize } from './steps/resize.js';
import type { RenderContext, Step } from './steps/step.js';

/** What happens to a picture, from first to last. */
const steps: readonly Step[] = [resize, convertToSrgb, blur, fillBackground];

async function take(picture: Sharp, taken: readonly Step[], context: RenderContext): Promise<Sharp> {
  let made = picture;
  for (const step of taken) made = await step(made, context);
  return made;
}

/** Has all frames take together what looks from none into the next, and each by itself what does. */
async function animate(animation: Sharp, context: RenderContext): Promise<Sharp> {
  const apart = (together: Sharp, taken: readonly Step[]) =>
    frameByFrame(together, context, (frame) => take(frame, taken, context));
  if (mixesFrames(context)) return apart(animation, steps);
  if (context.plan.blur === null) return take(animation, steps, context);
  const first = steps.indexOf(blur);
  return apart(await take(animation, steps.slice(0, first), context), steps.slice(first));
}

/**
 * Makes the variant that the plan describes, of exactly its size.
 * @throws {CorruptImageError} {@link RenderTimeoutError} {@link NotFoundError}
 */
export async function render(source: RenderSource, plan: VariantPlan, limits: PipelineLimits): Promise<Uint8Array> {
  try {
    const timeoutSeconds = limits.renderSeconds;
    const deadline = performance.now() + 1000 * timeoutSeconds;
    const focus = await cropFocus(source, plan, limits);
    const context: RenderContext = { plan, picture: source.size, focus, timeoutSeconds, deadline };
    const opened = openPicture(source.file, limits, { frameCount: source.frameCount, all: plan.animated });
    const made = plan.animated ? await animate(opened, context) : await take(opened, steps, context);
    return await encode(made, plan);
  } catch (failure) {
    throw isAbsence(failure) ? new NotFoundError('The image is gone.') : codecError(failure, limits.renderSeconds);
  }
}
