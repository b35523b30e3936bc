import { type Preference, parseAccept } from '../../../lib/accept.js';
import { NotAcceptableError } from '../../errors.js';
import { formatOf, mimeTypeOf, type OutputFormat, outputFormats } from '../../images/image.js';
import type { Limits } from '../../limits.js';
import { layOut } from './layout.js';
import { animates, type VariantSource } from './plan-variant.js';
import type { Transform } from './transform.js';

export interface NegotiateFormatInput {
  /** The request's Accept header. */
  readonly accept: string | undefined;
  readonly transform: Transform;
  readonly source: VariantSource;
  readonly limits: Pick<Limits, 'variantSide' | 'avifPixels' | 'animationPixels'>;
}

interface Candidate extends Preference {
  readonly format: OutputFormat;
}

/** The candidates that lose nothing of the source, or all where every one loses something. */
const preferring = (
  candidates: readonly Candidate[],
  keeps: (format: OutputFormat) => boolean,
): readonly Candidate[] => {
  const kept = candidates.filter(({ format }) => keeps(format));
  return kept.length > 0 ? kept : candidates;
};

/** Where a client wants formats equally: the small ones that it names, then no conversion, then what every client reads. */
function rankOf({ format, named }: Candidate, closest: OutputFormat): number {
  if (named && format === 'avif') return 0;
  if (named && format === 'webp') return 1;
  if (format === closest) return 2;
  return 3 + ['jpeg', 'png', 'webp', 'avif'].indexOf(format);
}

/**
 * The format to send. A format that the transform names wins, whatever the client accepts.
 * @throws {NotAcceptableError} where the client accepts none that can be made
 */
export function negotiateFormat({ accept, transform, source, limits }: NegotiateFormatInput): OutputFormat {
  if (transform.format !== 'auto') return transform.format;

  const preferenceFor = parseAccept(accept);
  const layout = layOut(transform, source, limits.variantSide);
  const pixels = layout.width * layout.height;
  const available = outputFormats.filter((format) => format !== 'avif' || pixels <= limits.avifPixels);
  const acceptable = available
    .map((format): Candidate => ({ format, ...preferenceFor(mimeTypeOf(format)) }))
    // A client that sends a range such as image/* may be older than AVIF.
    .filter(({ format, weight, named }) => weight > 0 && (format !== 'avif' || named));
  const isAnimated = animates(layout, source, transform, limits);
  const withAlpha = source.hasAlpha ? preferring(acceptable, (format) => format !== 'jpeg') : acceptable;
  const candidates = isAnimated ? preferring(withAlpha, (format) => format === 'webp') : withAlpha;
  const stored = formatOf(source.mimeType);
  // of what a GIF has, PNG loses the least
  const closest = stored === 'gif' ? 'png' : stored;
  const [best] = candidates.toSorted((a, b) => b.weight - a.weight || rankOf(a, closest) - rankOf(b, closest));
  if (!best) throw new NotAcceptableError(`The image can be served as ${available.map(mimeTypeOf).join(', ')}.`);
  return best.format;
}
