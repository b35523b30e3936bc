import type { Sharp } from 'sharp';
import type { VariantPlan } from '../domain/delivery/transform/plan-variant.js';
import type { OutputFormat } from '../domain/images/image.js';
import { withoutResolution } from './png-chunks.js';

type Encoder = (image: Sharp, options: { quality?: number }, animated: boolean) => Promise<Buffer>;

/** Half of the time of the default effort, for a few percent more bytes: an animation is many images. */
const animationEffort = 2;

// WebP container specification, "Extended file format": RIFF, length, WEBP, then VP8X, its length and a byte of flags.
const extendedAt = 12;
const flagsAt = 20;
const animationFlag = 0x02;
const alphaFlag = 0x10;

/**
 * Sets the flag of an animation that says that it may be translucent. The encoder cuts transparent borders off its frames, and if
 * nothing translucent is left in them, it clears the flag: decoders may then show the borders in any colour.
 */
function withAlphaFlag(webp: Buffer): Buffer {
  const flags = webp[flagsAt] ?? 0;
  const isAnimation = webp.toString('latin1', extendedAt, extendedAt + 4) === 'VP8X' && (flags & animationFlag) !== 0;
  if (isAnimation) webp[flagsAt] = flags | alphaFlag;
  return webp;
}

const encoders = {
  jpeg: (image, options) => image.jpeg(options).toBuffer(),
  png: async (image) => withoutResolution(await image.png().toBuffer()),
  // The delays of an animation's frames are a property of the image.
  webp: async (image, options, animated) => {
    const effort = animated ? { effort: animationEffort } : {};
    const { data, info } = await image.webp({ ...options, ...effort }).toBuffer({ resolveWithObject: true });
    return info.channels === 4 ? withAlphaFlag(data) : data;
  },
  // An eighth of the default effort's time; it matters because sharp cannot stop an AVIF once it runs.
  avif: (image, options) => image.avif({ ...options, effort: 2 }).toBuffer(),
} satisfies Record<OutputFormat, Encoder>;

/** Computes and encodes the image, without EXIF, GPS, profile or any other metadata: sharp writes none unless asked to. */
export const encode = (image: Sharp, { format, quality, animated }: VariantPlan): Promise<Buffer> =>
  encoders[format](image, quality === null ? {} : { quality }, animated);
