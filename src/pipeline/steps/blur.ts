import type { Sharp } from 'sharp';
import { RenderTimeoutError } from '../../domain/errors.js';
import { sharp } from '../sharp.js';
import type { RenderContext, Step } from './step.js';

/** The longest that sharp takes for a frame; a WebP may show one for 256 times as long. */
const maxDelayMs = 65_535;

/**
 * libvips keeps the frames of an animation below each other as one tall picture: blurred at once, each frame would bleed into the
 * next. So they are computed up to here and blurred one by one, in place.
 */
async function blurFrames(picture: Sharp, sigma: number, { timeoutSeconds }: RenderContext): Promise<Sharp> {
  const { delay = [], loop = 0 } = await picture.metadata();
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, channels, pageHeight = info.height } = info;
  const frameBytes = width * pageHeight * channels;
  const deadline = performance.now() + 1000 * timeoutSeconds;
  for (let start = 0; start < data.length; start += frameBytes) {
    // eleven large frames take as long as one picture may, and there may be thousands
    if (performance.now() > deadline) throw new RenderTimeoutError(timeoutSeconds);
    const frame = data.subarray(start, start + frameBytes);
    data.set(
      await sharp(frame, { raw: { width, height: pageHeight, channels } })
        .blur(sigma)
        .raw()
        .toBuffer(),
      start,
    );
  }
  return sharp(data, { raw: { width, height: info.height, channels, pageHeight } })
    .timeout({ seconds: timeoutSeconds })
    .webp({ delay: delay.map((ms) => Math.min(ms, maxDelayMs)), loop });
}

/** Blurs by the plan's sigma, in pixels of the result. */
export const blur: Step = (picture, context) => {
  const { blur: sigma, animated } = context.plan;
  if (sigma === null) return picture;
  return animated ? blurFrames(picture, sigma, context) : picture.blur(sigma);
};
