import sharp from 'sharp';
import { runParallel } from '../run-parallel.js';
import { handleMessages } from './baseline.js';

export interface BareRenders {
  readonly renders: readonly { readonly path: string; readonly width: number; readonly height: number }[];
  readonly format: 'jpeg' | 'webp' | 'png';
  readonly quality: number;
  /** How many are rendered at a time. */
  readonly parallel: number;
}

sharp.concurrency(1);
sharp.cache(false);

/** A loop of sharp alone, as one would write it by hand. Returns renders per second. */
handleMessages(({ renders, format, quality, parallel }: BareRenders) =>
  runParallel(renders, parallel, async ({ path, width, height }) => {
    const resized = sharp(path).autoOrient().resize(width, height, { fit: 'cover' });
    await resized.toFormat(format, format === 'png' ? {} : { quality }).toBuffer();
  }),
);
