import { type InputIssue, InvalidInputError } from '../../errors.js';
import { createTransform, type TransformFields } from './create-transform.js';
import { focusWords, type ParameterName, parameters, requestedFormats } from './parameters.js';
import { type Focus, fits, type Size, type Transform } from './transform.js';

/** What the query of a public image asks for. */
export interface TransformQuery {
  readonly transform: Transform;
  /** The version that the URL was made for, or null where it names none. */
  readonly version: number | null;
}

/** Returns the value, or undefined if the text is malformed. */
type Reader<Value> = (text: string) => Value | undefined;

// Fifteen digits stay exact as a number, so that no size overflows before the plan clamps it.
const sizePattern = /^(\d{1,15})x(\d{1,15})$/;
const wholePattern = /^\d{1,15}$/;
const decimalPattern = /^\d{1,15}(?:\.\d{1,15})?$/;

const readWhole: Reader<number> = (text) => (wholePattern.test(text) ? Number(text) : undefined);
const readDecimal: Reader<number> = (text) => (decimalPattern.test(text) ? Number(text) : undefined);

const readWord =
  <Word extends string>(words: readonly Word[]): Reader<Word> =>
  (text) =>
    words.find((word) => word === text);

const readSize: Reader<Size> = (text) => {
  const [, width, height] = sizePattern.exec(text) ?? [];
  return width === undefined || height === undefined ? undefined : { width: Number(width), height: Number(height) };
};

const readFocus: Reader<Focus> = (text) => {
  const [x, y, ...rest] = text.split(',', 3).map(readDecimal);
  if (x !== undefined && y !== undefined && rest.length === 0) return { x, y };
  return readWord(focusWords)(text);
};

/** `jpg` is what many call it; it is the same format, and gets the same ETag. */
const readFormat: Reader<Transform['format']> = (text) => (text === 'jpg' ? 'jpeg' : readWord(requestedFormats)(text));

const readSwitch: Reader<boolean> = (text) => (text === '1' ? true : text === '0' ? false : undefined);
const readVersion: Reader<number> = (text) => readWhole(text) || undefined;

const readers = {
  size: readSize,
  fit: readWord(fits),
  format: readFormat,
  quality: readWhole,
  dpr: readDecimal,
  focus: readFocus,
  blur: readDecimal,
  // An empty background would otherwise count as none.
  background: (text) => text || undefined,
  enlarge: readSwitch,
  v: readVersion,
} satisfies Record<ParameterName, Reader<unknown>>;

const isKnown = (name: string): name is ParameterName => Object.hasOwn(parameters, name);

const unknownMessage = `is not a parameter here. Known are ${Object.keys(parameters).join(', ')}.`;

/** A URL has room for thousands of unknown names, and the message of each is longer than its name. */
const reportedUnknownNames = 3;

/** Escapes that are not UTF-8, or not escapes at all, would be read as U+FFFD or as themselves: two texts would mean one. */
const isDecodable = (query: string): boolean => {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
};

/** The issues that the names alone show. */
const issuesOfNames = (query: URLSearchParams): InputIssue[] => {
  const names = [...new Set(query.keys())];
  const unknown = names.filter((name) => !isKnown(name)).slice(0, reportedUnknownNames);
  const repeated = names.filter((name) => isKnown(name) && query.getAll(name).length > 1);
  return [
    ...unknown.map((name) => ({ path: [name], message: unknownMessage })),
    ...repeated.map((name) => ({ path: [name], message: 'must be given once.' })),
  ];
};

/**
 * Parses the query of a public image, with or without its leading `?`.
 * @throws {InvalidInputError} naming every parameter that is repeated or malformed with its accepted values, and the first unknown ones;
 *   also for percent escapes that are not UTF-8
 */
export function parseTransformQuery(input: string): TransformQuery {
  if (!isDecodable(input)) {
    throw InvalidInputError.at([], 'The query has percent escapes that are not UTF-8. No parameter needs any.');
  }
  const query = new URLSearchParams(input);
  const issues = issuesOfNames(query);
  if (issues.length > 0) throw new InvalidInputError(issues);

  const read = <Name extends ParameterName>(name: Name): ReturnType<(typeof readers)[Name]> => {
    const text = query.get(name);
    const value = text === null ? undefined : readers[name](text);
    if (text !== null && value === undefined) issues.push({ path: [name], message: parameters[name] });
    return value as ReturnType<(typeof readers)[Name]>;
  };
  const fields: TransformFields = {
    size: read('size'),
    fit: read('fit'),
    format: read('format'),
    quality: read('quality'),
    dpr: read('dpr'),
    focus: read('focus'),
    blur: read('blur'),
    background: read('background'),
    enlarge: read('enlarge'),
  };
  const version = read('v') ?? null;
  if (issues.length > 0) throw new InvalidInputError(issues);
  return { transform: createTransform(fields), version };
}
