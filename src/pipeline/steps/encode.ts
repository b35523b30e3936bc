import type { Sharp } from 'sharp';
import type { OutputFormat } from '../../domain/image.js';
import type { RenderContext, Step } from './step.js';

const qualityOf = ({ plan }: RenderContext): { quality?: number } =>
  plan.quality === null ? {} : { quality: plan.quality };

const encoders = {
  jpeg: (picture, context) => picture.jpeg(qualityOf(context)),
  png: (picture) => picture.png(),
  // The times of an animation's frames are a property of the picture, as libvips read it or as a step set it.
  webp: (picture, context) => picture.webp(qualityOf(context)),
  // An eighth of the default effort's time; it matters because sharp cannot stop an AVIF once it runs.
  avif: (picture, context) => picture.avif({ ...qualityOf(context), effort: 2 }),
} satisfies Record<OutputFormat, (picture: Sharp, context: RenderContext) => Sharp>;

/** Encodes without EXIF, GPS, profile or any other metadata: sharp writes none unless told to. */
export const encode: Step = (picture, context) => encoders[context.plan.format](picture, context);
