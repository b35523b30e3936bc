import type { Sharp } from 'sharp';
import type { VariantPlan } from '../domain/delivery/transform/plan-variant.js';
import { DamagedOriginalError, NotFoundError } from '../domain/errors.js';
import type { RenderSource } from '../domain/ports.js';
import type { FileCleaner } from './clean-file.js';
import { codecError, isAbsence, isOfBytes } from './codec-error.js';
import { conversionTo, convertColors, withP3Profile } from './color/color-conversion.js';
import type { DeepSource } from './container/container.js';
import { encode } from './encode.js';
import { findCrop } from './find-crop.js';
import { frameByFrame } from './frame-by-frame.js';
import { openImage, type PipelineLimits } from './open-image.js';
import { fromRaw } from './raw-image.js';
import { withSecondLook } from './second-look.js';
import { blur } from './steps/blur.js';
import { convertToSrgb } from './steps/convert-to-srgb.js';
import { fillBackground } from './steps/fill-background.js';
import { mixesFrames, resize } from './steps/resize.js';
import type { RenderContext, Step } from './steps/step.js';

/** The steps of a render, in order. */
const steps: readonly Step[] = [convertToSrgb, resize, blur, fillBackground];
const stepsAfterResize = steps.slice(steps.indexOf(resize) + 1);

async function take(image: Sharp, taken: readonly Step[], context: RenderContext): Promise<Sharp> {
  let made = image;
  for (const step of taken) made = await step(made, context);
  return made;
}

/** Applies all steps to one image. */
async function takeStill(image: Sharp, context: RenderContext): Promise<Sharp> {
  const { conversion } = context;
  if (!conversion?.profile) return take(image, steps, context);
  const resized = await take(image, [resize], context);
  const converted = fromRaw(await convertColors(resized, conversion, conversion.profile), context);
  const made = await take(converted, stepsAfterResize, context);
  return conversion.target === 'p3' ? withP3Profile(made) : made;
}

/** The first step that would look from one frame of an animation into the next, if there is any. */
const firstApart = (context: RenderContext): Step | undefined => {
  if (mixesFrames(context)) return resize;
  return context.plan.blur === null ? undefined : blur;
};

/** Applies the steps before that one to all frames together, and the rest to each frame by itself. */
async function animate(animation: Sharp, context: RenderContext): Promise<Sharp> {
  const first = firstApart(context);
  if (!first) return take(animation, steps, context);
  const shared = steps.indexOf(first);
  const together = await take(animation, steps.slice(0, shared), context);
  return frameByFrame(together, context, (frame) => take(frame, steps.slice(shared), context));
}

async function renderFrom(
  source: RenderSource,
  plan: VariantPlan,
  deep: DeepSource | null,
  limits: PipelineLimits,
): Promise<Uint8Array> {
  const timeoutSeconds = limits.renderSeconds;
  const deadline = performance.now() + 1000 * timeoutSeconds;
  const crop = await findCrop(source, plan, limits);
  const reading = { frameCount: source.frameCount, all: plan.animated };
  const conversion = await conversionTo(plan.color ?? 'srgb', deep, async () => {
    const { icc } = await openImage(source.file, limits, reading).metadata();
    return icc;
  });
  const context: RenderContext = { plan, sourceSize: source.size, crop, conversion, timeoutSeconds, deadline };
  const opened = openImage(source.file, limits, {
    ...reading,
    ignoreProfile: Boolean(conversion?.profile),
  });
  const made = plan.animated ? await animate(opened, context) : await takeStill(opened, context);
  return encode(made, plan);
}

/** A decoder has the pixels that a plan needs at once, in four channels. */
const decodedBytes = ({ size, frameCount }: RenderSource, { animated }: VariantPlan): number =>
  4 * size.width * size.height * (animated ? frameCount : 1);

/**
 * Renders the variant that the plan describes, of exactly its size. The file was accepted once: if it can't be decoded now, its bytes
 * changed, which is no error of the client's.
 * @throws {DamagedOriginalError} {@link RenderTimeoutError} {@link UnavailableError} {@link NotFoundError}
 */
export async function render(
  source: RenderSource,
  plan: VariantPlan,
  cleaner: FileCleaner,
  limits: PipelineLimits,
): Promise<Uint8Array> {
  try {
    const { file, container } = await cleaner.clean(source.file, source.sha256);
    return await withSecondLook(file, decodedBytes(source, plan), (seen) =>
      renderFrom({ ...source, file: seen }, plan, container.deep, limits),
    );
  } catch (failure) {
    if (isAbsence(failure)) throw new NotFoundError('The image is gone.');
    const error = codecError(failure, limits.renderSeconds);
    throw isOfBytes(error) ? new DamagedOriginalError(source.sha256, 'cannot be decoded', { cause: failure }) : error;
  }
}
