/** One media range of an Accept header (RFC 9110, section 12.5.1). */
interface MediaRange {
  /** A type, a type with any subtype, or any type at all; in lower case. */
  readonly range: string;
  /** The quality value, 0 to 1. */
  readonly weight: number;
}

/** How much a client wants a media type. */
export interface Preference {
  /** 0 refuses the type. */
  readonly weight: number;
  /** Whether the client names the type itself, and not only a range that holds it. */
  readonly named: boolean;
}

const rangePattern = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$|^[\w!#$&^.+-]+\/\*$|^\*\/\*$/;
// The standard has three decimals at most, behind a digit; clients send more of them, and Java's own sends `.2`.
const weightPattern = /^q=(0(?:\.\d*)?|1(?:\.0*)?|\.\d+)$/;

function parseRange(text: string): MediaRange | null {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  if (!rangePattern.test(range)) return null;
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  if (weight === undefined) return { range, weight: 1 };
  const value = weightPattern.exec(weight)?.[1];
  return value === undefined ? null : { range, weight: Number(value) };
}

/**
 * Reads an Accept header into what it says of a media type. Malformed ranges are skipped; a header without one that is well formed
 * says nothing, as if it were absent.
 */
export function parseAccept(header: string | undefined): (mimeType: string) => Preference {
  const ranges = (header ?? '').split(',').map(parseRange);
  const weights = new Map(ranges.flatMap((range) => (range === null ? [] : [[range.range, range.weight] as const])));
  if (weights.size === 0) weights.set('*/*', 1);
  return (mimeType) => {
    // "The most specific reference has precedence."
    const own = weights.get(mimeType);
    const weight = own ?? weights.get(mimeType.replace(/\/.*/, '/*')) ?? weights.get('*/*') ?? 0;
    return { weight, named: own !== undefined };
  };
}
