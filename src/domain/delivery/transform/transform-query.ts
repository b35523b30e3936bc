import { type InputIssue, InvalidInputError } from '../../errors.js';
import type { Parameter } from './parameter.js';
import { createTransform, parameterList, parameters, type Transform, versionParameter } from './transform.js';

/** What the query of a public image requests. */
export interface TransformQuery {
  readonly transform: Transform;
  /** The version that the URL was made for, or null if it names none. */
  readonly version: number | null;
}

const names: readonly string[] = [...Object.keys(parameters), versionParameter.name];

const unknownMessage = `is not a parameter here. Known are ${names.join(', ')}.`;

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
  const given = [...new Set(query.keys())];
  const unknown = given.filter((name) => !names.includes(name)).slice(0, reportedUnknownNames);
  const repeated = given.filter((name) => names.includes(name) && query.getAll(name).length > 1);
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

  const read = <Value>(name: string, { read, accepted }: Pick<Parameter<unknown, Value>, 'read' | 'accepted'>) => {
    const text = query.get(name);
    const value = text === null ? undefined : read(text);
    if (text !== null && value === undefined) issues.push({ path: [name], message: accepted });
    return value;
  };
  const fields = Object.fromEntries(parameterList.map(([name, parameter]) => [name, read(name, parameter)]));
  const version = read(versionParameter.name, versionParameter) ?? null;
  if (issues.length > 0) throw new InvalidInputError(issues);
  return { transform: createTransform(fields), version };
}

/** Each with the text of its default, which a query leaves out. */
const writers = parameterList.map(
  ([name, { fallback, write }]) => [name, write, fallback === null ? null : write(fallback)] as const,
);

/**
 * The one query of a transform: what differs from the default, in a fixed order and without the leading `?`; empty where nothing
 * does. `parseTransformQuery` reads it back.
 * @param version The image's version, which lets the response be cached forever; null leaves it out.
 */
export function formatTransformQuery(transform: Transform, version: number | null = null): string {
  let query = '';
  const add = (name: string, text: string): void => {
    query += `${query === '' ? '' : '&'}${name}=${text}`;
  };
  for (const [name, write, fallbackText] of writers) {
    const value = transform[name];
    const text = value === null ? null : write(value);
    if (text !== null && text !== fallbackText) add(name, text);
  }
  if (version !== null) add(versionParameter.name, String(version));
  return query;
}
