import { NotFoundError } from '../domain/errors.js';
import type { RenderSource } from '../domain/ports.js';
import type { VariantPlan } from '../domain/transform/variant-plan.js';
import { codecError, isAbsence } from './codec-error.js';
import { cropFocus } from './crop-focus.js';
import { openPicture, type PipelineLimits } from './open-picture.js';
import { blur } from './steps/blur.js';
import { convertToSrgb } from './steps/convert-to-srgb.js';
import { encode } from './steps/encode.js';
import { fillBackground } from './steps/fill-background.js';
import { orient } from './steps/orient.js';
import { resize } from './steps/resize.js';
import type { RenderContext, Step } from './steps/step.js';

/** What happens to a picture, from first to last. */
const steps: readonly Step[] = [orient, resize, convertToSrgb, blur, fillBackground, encode];

/**
 * Makes the variant that the plan describes, of exactly its size.
 * @throws {CorruptImageError} {@link RenderTimeoutError} {@link NotFoundError}
 */
export async function render(source: RenderSource, plan: VariantPlan, limits: PipelineLimits): Promise<Uint8Array> {
  try {
    const { file, size } = source;
    const focus = await cropFocus(file, size, plan, limits);
    const context: RenderContext = { plan, picture: size, focus, timeoutSeconds: limits.renderSeconds };
    let picture = openPicture(file, limits, plan.animated);
    for (const step of steps) picture = await step(picture, context);
    return await picture.toBuffer();
  } catch (failure) {
    throw isAbsence(failure) ? new NotFoundError('The image is gone.') : codecError(failure, limits.renderSeconds);
  }
}
