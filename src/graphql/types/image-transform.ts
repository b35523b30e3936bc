import { type Presets, requirePreset } from '../../domain/delivery/presets.js';
import { createTransform } from '../../domain/delivery/transform/create-transform.js';
import type { Size, Transform } from '../../domain/delivery/transform/transform.js';
import { InvalidInputError } from '../../domain/errors.js';
import { builder } from '../builder.js';
import { FocalPointInput } from './image-metadata.js';

export const ImageFitRef = builder.enumType('ImageFit', {
  description: 'How an image is fitted into the box of the requested width and height.',
  values: {
    COVER: { value: 'cover', description: 'Fills the box. What does not fit is cropped.' },
    CONTAIN: {
      value: 'contain',
      description: 'Fits the whole image into the box and fills the rest with the background.',
    },
    INSIDE: {
      value: 'inside',
      description: 'Fits the whole image into the box, without padding: the result may be smaller than the box.',
    },
    FILL: { value: 'fill', description: 'Stretches the image to the shape of the box.' },
  } as const,
});

export const ImageFormatRef = builder.enumType('ImageFormat', {
  description: 'The format of an image or a variant.',
  values: {
    AUTO: {
      value: 'auto',
      description: 'For requests only: the best format that the Accept header of the client allows.',
    },
    JPEG: { value: 'jpeg', description: 'JPEG. Transparent parts are filled with the background.' },
    PNG: { value: 'png', description: 'PNG, lossless.' },
    WEBP: { value: 'webp', description: 'WebP.' },
    AVIF: { value: 'avif', description: 'AVIF. Variants of more than `limits.avifPixels` are WebP instead.' },
  } as const,
});

const ImageFocusRef = builder.enumType('ImageFocus', {
  description: 'The part of an image that a crop keeps in view.',
  values: {
    FOCAL_POINT: {
      value: 'focal',
      description: "The focal point of the image's metadata, or the center if it has none.",
    },
    CENTER: { value: 'center', description: 'The center.' },
    ATTENTION: {
      value: 'attention',
      description: 'The part that draws attention: edges, skin tones, saturated colors.',
    },
    ENTROPY: { value: 'entropy', description: 'The part with the most detail.' },
  } as const,
});

export const ImageTransformInput = builder.inputType('ImageTransform', {
  description:
    'How a variant is rendered. Without width and height it has the size and shape of the image, at most `limits.variantSide` on a side.',
  fields: (t) => ({
    width: t.field({
      type: 'NonNegativeInt',
      description:
        'The width in pixels, clamped to `limits.variantSide`. If it is absent or 0, it follows from the height.',
    }),
    height: t.field({
      type: 'NonNegativeInt',
      description:
        'The height in pixels, clamped to `limits.variantSide`. If it is absent or 0, it follows from the width.',
    }),
    fit: t.field({ type: ImageFitRef, description: 'How the image is fitted into the size. Defaults to COVER.' }),
    format: t.field({ type: ImageFormatRef, description: 'The format of the result. Defaults to AUTO.' }),
    quality: t.field({ type: 'Quality', description: 'The quality of a lossy format. Ignored for PNG.' }),
    dpr: t.field({ type: 'DevicePixelRatio', description: 'Multiplies width and height. Defaults to 1.' }),
    focus: t.field({
      type: ImageFocusRef,
      description: 'The part that a crop keeps in view. Defaults to FOCAL_POINT.',
    }),
    focusPoint: t.field({
      type: FocalPointInput,
      description: 'The point that a crop keeps in view. Cannot be combined with `focus`.',
    }),
    blur: t.field({ type: 'BlurSigma', description: 'The strength of a Gaussian blur. Absent: no blur.' }),
    background: t.string({
      description:
        'The color of padding and behind transparent parts: 3, 4, 6 or 8 hexadecimal digits, such as `#ffcc00`.',
    }),
    enlarge: t.boolean({ description: 'Whether a smaller image is scaled up. Defaults to false.' }),
  }),
});

const ownSize: Size = { width: 0, height: 0 };

/** @throws {InvalidInputError} for values that are out of range. */
export const transformOf = (input: typeof ImageTransformInput.$inferInput | null | undefined): Transform => {
  const { width, height, focus, focusPoint, ...fields } = input ?? {};
  if (focus && focusPoint) {
    throw InvalidInputError.at(['transform', 'focusPoint'], 'Excludes focus. Give one of them.');
  }
  const isSized = (width ?? undefined) !== undefined || (height ?? undefined) !== undefined;
  return createTransform({
    ...fields,
    size: isSized ? { width: width ?? 0, height: height ?? 0 } : ownSize,
    focus: focusPoint ?? focus,
  });
};

export const transformArg = { type: ImageTransformInput, description: 'How the image is transformed.' } as const;
export const presetArg = {
  type: 'String',
  description: 'The name of a preset, one of `presets`. Cannot be combined with `transform`.',
} as const;

interface RequestedTransform {
  readonly transform?: typeof ImageTransformInput.$inferInput | null | undefined;
  readonly preset?: string | null | undefined;
}

/** @throws {InvalidInputError} for a transform as above, an unknown preset, or both. */
export const requestedTransform = ({ transform, preset }: RequestedTransform, presets: Presets): Transform => {
  if (preset === null || preset === undefined) return transformOf(transform);
  if (transform) throw InvalidInputError.at(['preset'], 'Excludes transform. Give one of them.');
  return requirePreset(presets, preset);
};
