import { parameterList, type Transform, versionParameter } from './transform.js';

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
