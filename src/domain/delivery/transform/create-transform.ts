import { type InputIssue, InvalidInputError } from '../../errors.js';
import { type ParameterName, parameters, ranges } from './parameters.js';
import { type Color, defaultTransform, type Focus, type Size, type Transform } from './transform.js';

/** A transform as a caller gives it; anything absent or null has its default. */
export type TransformFields = {
  readonly [Field in Exclude<keyof Transform, 'background'>]?: Transform[Field] | null | undefined;
} & {
  /** 3, 4, 6 or 8 hexadecimal digits, with or without a leading `#`. */
  readonly background?: string | null | undefined;
};

const colorPattern = /^#?(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i;

const normaliseColor = (text: string): Color | null => {
  if (!colorPattern.test(text)) return null;
  const digits = text.replace('#', '').toLowerCase();
  const full = digits.length <= 4 ? digits.replace(/./g, '$&$&') : digits;
  return `#${full.length === 8 ? full.replace(/ff$/, '') : full}`;
};

/** Fewer distinct values are fewer variants to make and keep; nobody sees what is rounded away. */
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

const normaliseFocus = (focus: Focus): Focus =>
  typeof focus === 'string' ? focus : { x: rounded(focus.x, 4), y: rounded(focus.y, 4) };

const within = (value: number, range: { readonly min: number; readonly max: number }): boolean =>
  value >= range.min && value <= range.max;

/** What a URL has digits for. A side is far longer than any variant's all the same. */
const longestSide = 999_999_999_999_999;

const isSide = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isSize = (size: Size): boolean => isSide(size.width) && isSide(size.height);
const isFraction = (value: number): boolean => within(value, { min: 0, max: 1 });
const isFocus = (focus: Focus): boolean => typeof focus === 'string' || (isFraction(focus.x) && isFraction(focus.y));

/**
 * A transform whose every value is in its range and in its one spelling.
 * @throws {InvalidInputError} with an issue for each field that is out of range, its path being the field's name
 */
export function createTransform(fields: TransformFields): Transform {
  const issues: InputIssue[] = [];
  const check = (name: ParameterName, holds: boolean): void => {
    if (!holds) issues.push({ path: [name], message: parameters[name] });
  };

  const size = fields.size ?? defaultTransform.size;
  const quality = fields.quality ?? defaultTransform.quality;
  const dpr = fields.dpr ?? defaultTransform.dpr;
  const focus = fields.focus ?? defaultTransform.focus;
  const blur = fields.blur ?? defaultTransform.blur;
  const background = fields.background == null ? null : normaliseColor(fields.background);

  check('size', isSize(size));
  check('quality', quality === null || (Number.isInteger(quality) && within(quality, ranges.quality)));
  check('dpr', within(dpr, ranges.dpr));
  check('focus', isFocus(focus));
  check('blur', blur === null || within(blur, ranges.blur));
  check('background', fields.background == null || background !== null);
  if (issues.length > 0) throw new InvalidInputError(issues);

  return {
    size: { width: Math.min(size.width, longestSide), height: Math.min(size.height, longestSide) },
    fit: fields.fit ?? defaultTransform.fit,
    format: fields.format ?? defaultTransform.format,
    quality,
    dpr: rounded(dpr, 2),
    focus: normaliseFocus(focus),
    blur: blur === null ? null : rounded(blur, 2),
    background,
    enlarge: fields.enlarge ?? defaultTransform.enlarge,
  };
}
