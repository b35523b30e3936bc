import type { ParameterName } from './parameters.js';
import { defaultTransform, type Focus, type Transform } from './transform.js';

const formatFocus = (focus: Focus): string | null => {
  if (typeof focus !== 'string') return `${focus.x},${focus.y}`;
  return focus === 'focal' ? null : focus;
};

/** The text of a value, or null where it is the default. */
const unlessDefault = <Field extends 'fit' | 'format' | 'dpr'>(transform: Transform, field: Field): string | null =>
  transform[field] === defaultTransform[field] ? null : String(transform[field]);

const formatSize = ({ size }: Transform): string | null => {
  const { width, height } = defaultTransform.size;
  return size.width === width && size.height === height ? null : `${size.width}x${size.height}`;
};

/**
 * The one query of a transform: what differs from the default, in a fixed order and without the leading `?`; empty where nothing
 * does. `parseTransformQuery` reads it back.
 * @param version The image's version, which lets the answer be cached for ever; null leaves it out.
 */
export function formatTransformQuery(transform: Transform, version: number | null = null): string {
  const values: Record<ParameterName, string | null> = {
    size: formatSize(transform),
    fit: unlessDefault(transform, 'fit'),
    format: unlessDefault(transform, 'format'),
    quality: transform.quality === null ? null : String(transform.quality),
    dpr: unlessDefault(transform, 'dpr'),
    focus: formatFocus(transform.focus),
    blur: transform.blur === null ? null : String(transform.blur),
    // A `#` would begin the fragment of the URL.
    background: transform.background === null ? null : transform.background.slice(1),
    enlarge: transform.enlarge ? '1' : null,
    v: version === null ? null : String(version),
  };
  // None of these values has a character that a query would have to escape.
  return Object.entries(values)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]))
    .join('&');
}
