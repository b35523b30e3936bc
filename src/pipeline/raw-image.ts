import type { Sharp } from 'sharp';
import { sharp } from './sharp.js';

/** Decoded pixels, row by row. Alpha, if there is any, is straight: colours are not multiplied by it. */
export interface RawImage {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
}

interface Timed {
  /** When the time of the render is over, on the clock of `performance`. */
  readonly deadline: number;
}

/** The whole seconds left for a render, never 0: sharp would read that as no limit. */
export const secondsLeft = ({ deadline }: Timed): number =>
  Math.max(1, Math.ceil((deadline - performance.now()) / 1000));

/** Computes everything that was added to the pipeline so far. */
export async function toRaw(image: Sharp): Promise<RawImage> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/**
 * A new pipeline on computed pixels. Only the size and the channels are handed on: the result of a resize also has
 * `premultiplied`, which reports what sharp did in between, but as an input option makes it divide the colours by alpha again.
 */
export const fromRaw = ({ data, width, height, channels }: RawImage, timed: Timed): Sharp =>
  sharp(data, { raw: { width, height, channels } }).timeout({ seconds: secondsLeft(timed) });
