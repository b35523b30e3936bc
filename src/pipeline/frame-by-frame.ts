import type { Sharp } from 'sharp';
import { RenderTimeoutError } from '../domain/errors.js';
import { fromRaw, secondsLeft, toRaw } from './raw-image.js';
import { sharp } from './sharp.js';
import type { RenderContext } from './steps/step.js';

/** The longest that sharp accepts for a frame; a WebP may show one for 256 times as long. */
const maxDelayMs = 65_535;

/** Computes an animation up to here, renders each frame as an image of its own, and joins the results to an animation again. */
export async function frameByFrame(
  animation: Sharp,
  context: RenderContext,
  make: (frame: Sharp) => Promise<Sharp>,
): Promise<Sharp> {
  const { delay = [], loop = 0 } = await animation.metadata();
  const { data, info } = await animation.raw().toBuffer({ resolveWithObject: true });
  const { width, channels, pageHeight: height = info.height } = info;
  const frameBytes = width * height * channels;
  const frameCount = data.length / frameBytes;
  let made = Buffer.alloc(0);
  let madeSize = { width, height, channels };
  for (let index = 0; index < frameCount; index += 1) {
    // eleven large frames need as long as one image may, and there may be thousands
    if (performance.now() > context.deadline) throw new RenderTimeoutError(context.timeoutSeconds);
    const frame = data.subarray(index * frameBytes, (index + 1) * frameBytes);
    const result = await toRaw(await make(fromRaw({ data: frame, width, height, channels }, context)));
    // a frame that is no larger overwrites what was already read
    if (index === 0) made = result.data.length > frameBytes ? Buffer.alloc(result.data.length * frameCount) : data;
    made.set(result.data, index * result.data.length);
    madeSize = { width: result.width, height: result.height, channels: result.channels };
  }
  const raw = { ...madeSize, height: madeSize.height * frameCount, pageHeight: madeSize.height };
  return sharp(made.subarray(0, raw.width * raw.height * raw.channels), { raw })
    .timeout({ seconds: secondsLeft(context) })
    .webp({ delay: delay.map((ms) => Math.min(ms, maxDelayMs)), loop });
}
