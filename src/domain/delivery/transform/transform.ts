import { type InputIssue, InvalidInputError } from '../../errors.js';
import type { FocalPoint, OutputFormat } from '../../images/image.js';
import {
  type CustomParameter,
  choiceParameter,
  numberParameter,
  type Parameter,
  readDecimal,
  readWhole,
  readWord,
  rounded,
  type TextParameter,
  toggleParameter,
} from './parameter.js';

/** How the image meets the box: cover crops, contain pads, inside only scales, fill distorts. */
export type Fit = 'cover' | 'contain' | 'inside' | 'fill';

/** What a crop keeps: the middle, the busiest part, or a point; `focal` is the image's own focal point, else the middle. */
export type Focus = 'focal' | 'center' | 'attention' | 'entropy' | FocalPoint;

/** 0 means "by the other dimension", and 0 for both means the source's own size. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The colours that a variant is in. */
export type ColorSpace = 'srgb' | 'p3';

/** `#rrggbb` or `#rrggbbaa`, in lower case. */
export type Color = `#${string}`;

const sizePattern = /^(\d{1,15})x(\d{1,15})$/;
/** What a URL has digits for. A side is far longer than any variant's all the same. */
const longestSide = 999_999_999_999_999;
const isSide = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const size: CustomParameter<Size> = {
  kind: 'custom',
  description: 'The size of the result; 400x400 if it is absent. A smaller image is not enlarged.',
  accepted:
    'must be WIDTHxHEIGHT in pixels, such as 400x300; a side of 0 follows from the other one, 0x0 is the size of the image.',
  fallback: { width: 400, height: 400 },
  isEffect: false,
  read: (text) => {
    const [, width, height] = sizePattern.exec(text) ?? [];
    return width === undefined || height === undefined ? undefined : { width: Number(width), height: Number(height) };
  },
  normalise: ({ width, height }) =>
    isSide(width) && isSide(height)
      ? { width: Math.min(width, longestSide), height: Math.min(height, longestSide) }
      : undefined,
  write: ({ width, height }) => `${width}x${height}`,
};

/** The words that a query accepts; without one it is the image's own focal point. */
const focusWords = ['center', 'attention', 'entropy'] as const;
const isFraction = (value: number): boolean => value >= 0 && value <= 1;

const focus: CustomParameter<Focus> = {
  kind: 'custom',
  description: "The part that a crop keeps in view. Without it, the focal point of the image's metadata.",
  accepted: `must be ${focusWords.join(', ')}, or a point x,y with both from 0 to 1, such as 0.5,0.25.`,
  fallback: 'focal',
  isEffect: false,
  read: (text) => {
    const [x, y, ...rest] = text.split(',', 3).map(readDecimal);
    return x !== undefined && y !== undefined && rest.length === 0 ? { x, y } : readWord(focusWords)(text);
  },
  normalise: (given) => {
    if (typeof given === 'string') return given;
    return isFraction(given.x) && isFraction(given.y) ? { x: rounded(given.x, 4), y: rounded(given.y, 4) } : undefined;
  },
  write: (value) => (typeof value === 'string' ? value : `${value.x},${value.y}`),
};

const colorPattern = /^#?(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i;

const background: TextParameter<Color> = {
  kind: 'text',
  description: 'The color of padding and behind transparent parts.',
  accepted: 'must be a color of 3, 4, 6 or 8 hexadecimal digits, such as ffcc00, or ffcc0080 with alpha.',
  fallback: null,
  isEffect: false,
  read: (text) => text,
  normalise: (text) => {
    if (!colorPattern.test(text)) return undefined;
    const digits = text.replace('#', '').toLowerCase();
    const full = digits.length <= 4 ? digits.replace(/./g, '$&$&') : digits;
    return `#${full.length === 8 ? full.replace(/ff$/, '') : full}`;
  },
  // a `#` would begin the fragment of the URL
  write: (color) => color.slice(1),
};

/** Every parameter of a transform, in the order of a canonical query. */
export const parameters = {
  size,
  fit: choiceParameter<Fit>({
    description: 'How the image is fitted into the size.',
    fallback: 'cover',
    words: {
      cover: 'Fills the box. What does not fit is cropped.',
      contain: 'Fits the whole image into the box and fills the rest with the background.',
      inside: 'Fits the whole image into the box, without padding: the result may be smaller than the box.',
      fill: 'Stretches the image to the shape of the box.',
    },
    enum: { name: 'ImageFit', description: 'How an image is fitted into the box of the requested width and height.' },
  }),
  format: choiceParameter<OutputFormat | 'auto'>({
    description: 'The format of the result.',
    fallback: 'auto',
    words: {
      auto: 'For requests and presets only: the best format that the Accept header of the client allows.',
      jpeg: 'JPEG. Transparent parts are filled with the background.',
      png: 'PNG, lossless.',
      webp: 'WebP.',
      avif: 'AVIF. Variants of more than `limits.avifPixels` are WebP instead.',
    },
    aliases: { jpg: 'jpeg' },
    enum: { name: 'ImageFormat', description: 'The format of an image or a variant.' },
  }),
  quality: numberParameter<number | null>({
    description: 'The quality of a lossy format. Ignored for PNG.',
    fallback: null,
    range: { min: 1, max: 100, whole: true },
    scalar: { name: 'Quality', description: 'The quality of a lossy image format' },
  }),
  dpr: numberParameter<number>({
    description: 'Multiplies width and height.',
    fallback: 1,
    range: { min: 1, max: 3 },
    scalar: { name: 'DevicePixelRatio', description: 'How many device pixels a CSS pixel has on each axis' },
  }),
  focus,
  blur: numberParameter<number | null, true>({
    description: 'The strength of a Gaussian blur: its sigma in pixels of the result. Without it, no blur.',
    fallback: null,
    isEffect: true,
    unit: ' of pixels',
    // finer than 0.3 changes no pixel by more than a level
    range: { min: 0.3, max: 100 },
    scalar: { name: 'BlurSigma', description: 'The sigma of a Gaussian blur in pixels of the result' },
  }),
  background,
  color: choiceParameter<ColorSpace, true>({
    description: 'The colors of the result. Animations are always in sRGB.',
    fallback: 'srgb',
    isEffect: true,
    words: {
      srgb: 'sRGB, without a profile.',
      p3: 'Display P3, with a profile of 480 bytes, if the image has a profile of more colors than sRGB has; else sRGB.',
    },
    enum: { name: 'ImageColor', description: 'The colors of a variant.' },
  }),
  enlarge: toggleParameter({ description: 'Whether a smaller image is scaled up.' }),
};

type Parameters = typeof parameters;
export type ParameterName = keyof Parameters;

/** The same, for code that treats all alike. */
export const parameterList = Object.entries(parameters) as unknown as readonly (readonly [
  ParameterName,
  Parameter<NonNullable<unknown> | null, unknown>,
])[];

/** The parameters whose values a step of the pipeline gets as they are. */
export type EffectName = {
  [Name in ParameterName]: Parameters[Name]['isEffect'] extends false ? never : Name;
}[ParameterName];

/** A requested transformation: every value is within its range, nothing about the source is known yet. */
export type Transform = {
  readonly [Name in ParameterName]: Parameters[Name] extends Parameter<infer Value, infer _Given> ? Value : never;
};

/** A transform as a caller gives it; anything absent or null has its default. */
export type TransformFields = {
  readonly [Name in ParameterName]?:
    | (Parameters[Name] extends Parameter<infer _Value, infer Given> ? Given : never)
    | null
    | undefined;
};

export const defaultTransform = Object.fromEntries(
  parameterList.map(([name, { fallback }]) => [name, fallback]),
) as unknown as Transform;

/** The version of the image in a URL, which lets the response be cached forever. It is no part of the transform. */
export const versionParameter = {
  name: 'v',
  description: 'The version of the image. With the current one the response may be cached forever.',
  accepted: 'must be a version of the image, a whole number from 1.',
  read: (text: string): number | undefined => readWhole(text) || undefined,
} as const;

/**
 * A transform whose every value is in its range and in its one spelling.
 * @throws {InvalidInputError} with an issue for each field that is out of range, its path being the field's name
 */
export function createTransform(fields: TransformFields): Transform {
  const issues: InputIssue[] = [];
  const transform: Record<string, unknown> = {};
  for (const [name, { fallback, normalise, accepted }] of parameterList) {
    const given = fields[name] ?? null;
    transform[name] = given === null ? fallback : normalise(given);
    if (transform[name] === undefined) issues.push({ path: [name], message: accepted });
  }
  if (issues.length > 0) throw new InvalidInputError(issues);
  return transform as Transform;
}
