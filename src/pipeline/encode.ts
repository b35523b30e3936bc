import type { Sharp } from 'sharp';
import type { OutputFormat } from '../domain/image.js';
import type { VariantPlan } from '../domain/transform/variant-plan.js';
import { withoutResolution } from './png-chunks.js';

type Encoder = (picture: Sharp, options: { quality?: number }) => Promise<Buffer>;

const encoders = {
  jpeg: (picture, options) => picture.jpeg(options).toBuffer(),
  png: async (picture) => withoutResolution(await picture.png().toBuffer()),
  // The times of an animation's frames are a property of the picture.
  webp: (picture, options) => picture.webp(options).toBuffer(),
  // An eighth of the default effort's time; it matters because sharp cannot stop an AVIF once it runs.
  avif: (picture, options) => picture.avif({ ...options, effort: 2 }).toBuffer(),
} satisfies Record<OutputFormat, Encoder>;

/** Computes and encodes the picture, without EXIF, GPS, profile or any other metadata: sharp writes none unless told to. */
export const encode = (picture: Sharp, { format, quality }: VariantPlan): Promise<Buffer> =>
  encoders[format](picture, quality === null ? {} : { quality });
