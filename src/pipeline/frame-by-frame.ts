import type { Sharp } from 'sharp';
import { RenderTimeoutError } from '../domain/errors.js';
import { sharp } from './sharp.js';
import type { RenderContext } from './steps/step.js';

/** The longest that sharp takes for a frame; a WebP may show one for 256 times as long. */
const maxDelayMs = 65_535;

/** Computes an animation up to here, makes something of each frame as a picture of its own, and puts them together again. */
export async function frameByFrame(
  animation: Sharp,
  { deadline, timeoutSeconds }: RenderContext,
  make: (frame: Sharp) => Promise<Sharp>,
): Promise<Sharp> {
  const { delay = [], loop = 0 } = await animation.metadata();
  const { data, info } = await animation.raw().toBuffer({ resolveWithObject: true });
  const { width, channels, pageHeight: height = info.height } = info;
  const frameBytes = width * height * channels;
  const frameCount = data.length / frameBytes;
  let made = Buffer.alloc(0);
  let madeInfo = info;
  for (let index = 0; index < frameCount; index += 1) {
    // eleven large frames take as long as one picture may, and there may be thousands
    if (performance.now() > deadline) throw new RenderTimeoutError(timeoutSeconds);
    const frame = sharp(data.subarray(index * frameBytes, (index + 1) * frameBytes), {
      raw: { width, height, channels },
    });
    const result = await (await make(frame)).raw().toBuffer({ resolveWithObject: true });
    // a frame that is no larger takes the place of what was read already
    if (index === 0) made = result.data.length > frameBytes ? Buffer.alloc(result.data.length * frameCount) : data;
    made.set(result.data, index * result.data.length);
    madeInfo = result.info;
  }
  const raw = { ...madeInfo, height: madeInfo.height * frameCount, pageHeight: madeInfo.height };
  return sharp(made.subarray(0, raw.width * raw.height * raw.channels), { raw })
    .timeout({ seconds: Math.max(1, Math.ceil((deadline - performance.now()) / 1000)) })
    .webp({ delay: delay.map((ms) => Math.min(ms, maxDelayMs)), loop });
}
