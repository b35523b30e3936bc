import sharp from 'sharp';
import { runParallel } from '../run-parallel.js';
import { handleMessages } from './baseline.js';

export interface BareRenders {
  readonly renders: readonly { readonly path: string; readonly quality: number }[];
  /** How many are made at a time. */
  readonly parallel: number;
}

sharp.concurrency(1);
sharp.cache(false);

/** A loop of sharp alone, as one would write it by hand. Returns renders per second. */
handleMessages(({ renders, parallel }: BareRenders) =>
  runParallel(renders, parallel, async ({ path, quality }) => {
    await sharp(path).autoOrient().resize(400, 400, { fit: 'cover' }).jpeg({ quality }).toBuffer();
  }),
);
