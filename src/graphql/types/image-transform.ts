import { InvalidInputError } from '../../domain/errors.js';
import { createTransform } from '../../domain/transform/create-transform.js';
import { defaultTransform, type Size, type Transform } from '../../domain/transform/transform.js';
import { builder } from '../builder.js';
import { FocalPointInput } from './image-metadata.js';

const ImageFitRef = builder.enumType('ImageFit', {
  description: 'How the picture meets the asked width and height.',
  values: {
    COVER: { value: 'cover', description: 'Fills the box and crops what stands over.' },
    CONTAIN: { value: 'contain', description: 'Lies whole within the box; the rest is filled with the background.' },
    INSIDE: { value: 'inside', description: 'Lies whole within the box; the result is as large as the picture.' },
    FILL: { value: 'fill', description: 'Is distorted to the shape of the box.' },
  } as const,
});

const ImageFormatRef = builder.enumType('ImageFormat', {
  description: 'The type of a variant.',
  values: {
    AUTO: { value: 'auto', description: 'What the client accepts best by its Accept header.' },
    JPEG: { value: 'jpeg', description: 'JPEG; transparency is filled with the background.' },
    PNG: { value: 'png', description: 'PNG, lossless.' },
    WEBP: { value: 'webp', description: 'WebP.' },
    AVIF: { value: 'avif', description: 'AVIF, up to 2,000,000 pixels; larger variants come as WebP.' },
  } as const,
});

const ImageFocusRef = builder.enumType('ImageFocus', {
  description: 'What a crop keeps in view.',
  values: {
    FOCAL_POINT: { value: 'focal', description: "The image's own focal point, else the middle." },
    CENTER: { value: 'center', description: 'The middle.' },
    ATTENTION: { value: 'attention', description: 'What draws the eye: edges, skin and saturated colours.' },
    ENTROPY: { value: 'entropy', description: 'The part with the most detail.' },
  } as const,
});

export const ImageTransformInput = builder.inputType('ImageTransform', {
  description: 'What is asked of a picture; the public URL says the same in its query.',
  fields: (t) => ({
    width: t.field({
      type: 'NonNegativeInt',
      description: 'Pixels, at most 2,048. 0 or absent beside a height: by the proportions. Without both: 400 x 400.',
    }),
    height: t.field({
      type: 'NonNegativeInt',
      description:
        "Pixels, at most 2,048. 0 or absent beside a width: by the proportions. 0 for both: the picture's own size.",
    }),
    fit: t.field({
      type: ImageFitRef,
      description: 'How the picture meets width and height. COVER where nothing is said.',
    }),
    format: t.field({ type: ImageFormatRef, description: 'The type of the result. AUTO where nothing is said.' }),
    quality: t.int({ description: '1 to 100. No effect on PNG, which is lossless.' }),
    dpr: t.float({ description: 'Device pixels for each pixel of width and height, 1 to 3.' }),
    focus: t.field({
      type: ImageFocusRef,
      description: 'What a crop keeps in view. FOCAL_POINT where nothing is said.',
    }),
    focusPoint: t.field({
      type: FocalPointInput,
      description: 'A point that a crop keeps in view, instead of `focus`.',
    }),
    blur: t.float({ description: 'The sigma of a Gaussian blur in pixels of the result, 0.3 to 100.' }),
    background: t.string({
      description: 'What padding and transparency are filled with: 3, 4, 6 or 8 hexadecimal digits, such as `#ffcc00`.',
    }),
    enlarge: t.boolean({ description: 'Whether a smaller picture is scaled up. It is not where nothing is said.' }),
  }),
});

/**
 * @param unsized The size where the client names none.
 * @throws {InvalidInputError} for values that are out of range.
 */
export const transformOf = (
  input: typeof ImageTransformInput.$inferInput | null | undefined,
  unsized: Size = defaultTransform.size,
): Transform => {
  const { width, height, focus, focusPoint, ...fields } = input ?? {};
  if (focus && focusPoint) {
    throw InvalidInputError.at(['transform', 'focusPoint'], 'Cannot stand beside focus. Give one of them.');
  }
  const isSized = (width ?? undefined) !== undefined || (height ?? undefined) !== undefined;
  return createTransform({
    ...fields,
    size: isSized ? { width: width ?? 0, height: height ?? 0 } : unsized,
    focus: focusPoint ?? focus,
  });
};
