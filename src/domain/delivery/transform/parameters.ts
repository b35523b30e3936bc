import { outputFormats } from '../../images/image.js';
import { fits } from './transform.js';

/** The formats that a client can request; `auto` is settled by its Accept header. */
export const requestedFormats = ['auto', ...outputFormats] as const;

/** The words that `focus` accepts; a point is the alternative. */
export const focusWords = ['center', 'attention', 'entropy'] as const;

export const ranges = {
  /** A whole number. */
  quality: { min: 1, max: 100 },
  dpr: { min: 1, max: 3 },
  /** Sigma in pixels of the result; finer than 0.3 changes no pixel by more than a level. */
  blur: { min: 0.3, max: 100 },
} as const;

const oneOf = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** Every query parameter of a public image with its accepted values, in the order of a canonical query. */
export const parameters = {
  size: 'must be WIDTHxHEIGHT in pixels, such as 400x300; 0 on one side scales by the other, 0x0 is the own size.',
  fit: `must be ${oneOf(fits)}.`,
  format: `must be ${oneOf(requestedFormats)}; jpg is jpeg.`,
  quality: `must be a whole number from ${ranges.quality.min} to ${ranges.quality.max}.`,
  dpr: `must be a number from ${ranges.dpr.min} to ${ranges.dpr.max}.`,
  focus: `must be ${focusWords.join(', ')}, or a point x,y with both from 0 to 1, such as 0.5,0.25.`,
  blur: `must be a number of pixels from ${ranges.blur.min} to ${ranges.blur.max}.`,
  background: 'must be a colour of 3, 4, 6 or 8 hexadecimal digits: rgb, rgba, rrggbb or rrggbbaa.',
  enlarge: 'must be 0 or 1.',
  v: 'must be a version of the image, a whole number from 1.',
} as const satisfies Record<string, string>;

export type ParameterName = keyof typeof parameters;
