import type { EnumRef, InputFieldBuilder } from '@pothos/core';
import { type Presets, requirePreset } from '../../domain/delivery/presets.js';
import type { ChoiceParameter } from '../../domain/delivery/transform/parameter.js';
import {
  createTransform,
  type Focus,
  parameters,
  type Size,
  type Transform,
  type TransformFields,
} from '../../domain/delivery/transform/transform.js';
import { InvalidInputError } from '../../domain/errors.js';
import type { FocalPoint, OutputFormat, StoredFormat } from '../../domain/images/image.js';
import { builder, type SchemaTypes } from '../builder.js';
import { FocalPointInput } from './image-metadata.js';

type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;

const enumRefs = new Map<string, EnumRef<Types, string>>();

/** Words that describe stored files, and that no transform accepts. */
const storedOnly: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ImageFormat: { gif: 'GIF. Of stored files only: no variant is a GIF.' },
};

/** The enum of a parameter: its words in capitals. */
const enumOf = <Word extends string>({ words, enum: { name, description } }: ChoiceParameter<Word>) => {
  const values = Object.entries<string>({ ...words, ...storedOnly[name] }).map(
    ([word, meaning]) => [word.toUpperCase(), { value: word, description: meaning }] as const,
  );
  const ref = enumRefs.get(name) ?? builder.enumType(name, { description, values: Object.fromEntries(values) });
  enumRefs.set(name, ref);
  return ref as EnumRef<Types, Word>;
};

export const ImageFitRef = enumOf(parameters.fit);
export const ImageFormatRef = enumOf(parameters.format) as EnumRef<Types, StoredFormat | OutputFormat | 'auto'>;

type AnyParameter = (typeof parameters)[keyof typeof parameters];
type SimpleParameter = Exclude<AnyParameter, { kind: 'custom' }>;

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

type TransformInput = Omit<TransformFields, 'size' | 'focus'> & {
  readonly width?: number | null | undefined;
  readonly height?: number | null | undefined;
  readonly focus?: Exclude<Focus, FocalPoint> | null | undefined;
  readonly focusPoint?: FocalPoint | null | undefined;
};

type InputFields = InputFieldBuilder<Types, 'InputObject'>;

/** The fields of the parameters that one value of GraphQL cannot hold. */
const customFields = (t: InputFields) => ({
  size: {
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
  },
  focus: {
    focus: t.field({
      type: ImageFocusRef,
      description: 'The part that a crop keeps in view. Defaults to FOCAL_POINT.',
    }),
    focusPoint: t.field({
      type: FocalPointInput,
      description: 'The point that a crop keeps in view. Cannot be combined with `focus`.',
    }),
  },
});

const fieldOf = (t: InputFields, parameter: SimpleParameter) => {
  const { description, fallback, accepted } = parameter;
  const withDefault = fallback === null ? description : `${description} Defaults to ${String(fallback)}.`;
  switch (parameter.kind) {
    case 'number':
      // one of the scalars of numbers, all of which have the same type
      return t.field({ type: parameter.scalar.name as 'Quality', description: withDefault });
    case 'choice':
      return t.field({
        type: enumOf<string>(parameter),
        description: `${description} Defaults to ${parameter.fallback.toUpperCase()}.`,
      });
    case 'toggle':
      return t.boolean({ description: withDefault });
    case 'text':
      return t.string({ description: `${withDefault} The value ${accepted}` });
  }
};

export const ImageTransformInput = builder.inputRef<TransformInput>('ImageTransform').implement({
  description:
    'How a variant is rendered. Without width and height it has the size and shape of the image, at most `limits.variantSide` on a side.',
  // the shape is that of the parameters, which the compiler cannot follow through a loop
  fields: (t) =>
    Object.assign(
      {},
      ...Object.entries(parameters).map(([name, parameter]) =>
        parameter.kind === 'custom' ? customFields(t)[name as 'size' | 'focus'] : { [name]: fieldOf(t, parameter) },
      ),
    ),
});

const ownSize: Size = { width: 0, height: 0 };
/** What an absent input stands for. */
const ownTransform = createTransform({ size: ownSize });

/** @throws {InvalidInputError} for values that are out of range. */
export const transformOf = (input: typeof ImageTransformInput.$inferInput | null | undefined): Transform => {
  if (!input) return ownTransform;
  const { width, height, focus, focusPoint, ...fields } = input;
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
